package dev.holdfast.agent.slice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.fixtures.SettableClock;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On a server before Kubernetes 1.34, which answers 404. */
class SlicesNotServedTest {
    private static final List<SliceDevice> ONE = List.of(new SliceDevice("pci-0", Map.of(), Map.of()));

    private final SettableClock clock = new SettableClock();
    private final Set<String> problems = new HashSet<>();
    private PlayedApiServer apiServer;
    private SlicePublisher publisher;

    @BeforeEach
    void start() throws IOException {
        apiServer = new PlayedApiServer();
        apiServer.answersReads(404);
        publisher = apiServer.publisher(clock);
    }

    @AfterEach
    void end() {
        publisher.close();
        apiServer.close();
    }

    @Test
    void reportsItAndAsksAgainAfterFiveMinutes() {
        assertThat(publisher.publish(ONE, problems)).isEqualTo(Duration.ofMinutes(5));
        publisher.publish(ONE, problems);

        assertThat(problems).singleElement().asString().startsWith("the API server does not serve resource.k8s.io/v1");
        assertThat(publisher.notServed()).hasValue(problems.iterator().next());
        assertThat(apiServer.requests()).hasSize(1);

        clock.goOn(Duration.ofMinutes(5));
        publisher.publish(ONE, problems);
        assertThat(apiServer.requests()).hasSize(2);
    }

    @Test
    void isSilentWithoutDevices() {
        publisher.publish(List.of(), problems);
        publisher.publish(List.of(), problems);

        assertThat(problems).isEmpty();
        assertThat(publisher.notServed()).isEmpty();
        assertThat(apiServer.requests()).hasSize(1);
    }
}
