package dev.holdfast.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.grant.GrantAnswer;
import dev.holdfast.grant.GrantRequest;
import java.net.ConnectException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Two minutes for a decision, fifteen for the agent to respond, and four requests per second. */
class GrantWaitTest {
    private static final GrantRequest REQUEST = new GrantRequest("default", "gpu-vm", null);
    private static final GrantWait.Limits LIMITS = new GrantWait.Limits(Duration.ofMinutes(2), Duration.ofMinutes(15));
    private static final Instant START = Instant.parse("2026-11-22T12:00:00Z");

    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private Instant now = START;

    @BeforeEach
    void listen() {
        logged.start();
        ((Logger) LoggerFactory.getLogger(GrantWait.class)).addAppender(logged);
    }

    @AfterEach
    void stopListening() {
        ((Logger) LoggerFactory.getLogger(GrantWait.class)).detachAppender(logged);
    }

    @Test
    void logsImmediatelyAndThenEveryTenSecondsWhatItWaitsFor() {
        LaunchException e = catchThrowableOfType(
                LaunchException.class,
                () -> wait(request -> new GrantAnswer.Waiting("The operator has not yet bound VM default/gpu-vm.")));

        assertThat(e.message())
                .isEqualTo("no grant after 120 s: The operator has not yet bound VM default/gpu-vm.;"
                        + " check the agent of this node");
        assertThat(waited())
                .containsExactly("0s", "10s", "20s", "30s", "40s", "50s", "60s", "70s", "80s", "90s", "100s", "110s");
    }

    @Test
    void reportsAnAgentThatIsNotRunningAndContinuesWithTheNext() throws LaunchException {
        GrantAnswer.Granted granted = new GrantAnswer.Granted(4096, List.of());

        assertThat(wait(request -> {
                    if (now.isBefore(START.plusSeconds(15))) {
                        throw new ConnectException("cannot connect to /run/holdfast/grant/grant.sock");
                    }
                    return granted;
                }))
                .isEqualTo(granted);

        assertThat(waited()).containsExactly("0s", "10s");
        assertThat(logged.list)
                .allSatisfy(event -> assertThat(event.getKeyValuePairs().toString())
                        .contains("the agent is not responding and may be starting: cannot connect to"));
    }

    @Test
    void waitsForAnAgentThatIsUpgradedLongerThanForADecision() throws LaunchException {
        GrantAnswer.Granted granted = new GrantAnswer.Granted(4096, List.of());

        assertThat(wait(request -> {
                    if (now.isBefore(START.plus(Duration.ofMinutes(14)))) {
                        throw new ConnectException("connection refused");
                    }
                    // The new agent reads its node first.
                    return now.isBefore(START.plus(Duration.ofMinutes(15).plusSeconds(50)))
                            ? new GrantAnswer.Waiting("the kubelet does not report the devices yet")
                            : granted;
                }))
                .isEqualTo(granted);
    }

    @Test
    void endsWhenTheAgentStaysAwayAlsoIfItRespondsOnceInAWhile() {
        LaunchException e = catchThrowableOfType(
                LaunchException.class,
                () -> wait(request -> {
                    if (now.toEpochMilli() % 60_000 == 0) {
                        return new GrantAnswer.Waiting("the kubelet does not report the devices yet");
                    }
                    throw new ConnectException("connection refused");
                }));

        assertThat(e.message())
                .isEqualTo("no grant after 900 s: the agent is not responding and may be starting: connection refused;"
                        + " check the agent of this node");
    }

    private GrantAnswer.Granted wait(GrantRequester grants) throws LaunchException {
        return new GrantWait(grants, () -> now, () -> now = now.plusMillis(250), LIMITS).await(REQUEST);
    }

    private List<String> waited() {
        return logged.list.stream()
                .map(event -> event.getKeyValuePairs().stream()
                        .filter(pair -> pair.key.equals("waited"))
                        .map(pair -> String.valueOf(pair.value))
                        .collect(Collectors.joining()))
                .toList();
    }
}
