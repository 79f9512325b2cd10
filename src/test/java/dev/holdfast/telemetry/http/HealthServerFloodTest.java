package dev.holdfast.telemetry.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Probes and scrapes are answered during a flood; how fast, {@code make bench} measures. */
@Slow
final class HealthServerFloodTest {
    @TempDir
    Path temp;

    @ParameterizedTest
    @CsvSource({
        "agent-daemonset.yaml,     1",
        "agent-daemonset.yaml,     100",
        "operator-deployment.yaml, 1",
    })
    void answersDuringAFloodOfHalfOpenConnections(String manifest, int addresses) throws Exception {
        assertAnswers(new Flood(manifest, addresses, ManyConnections.HALF_A_REQUEST));
    }

    @ParameterizedTest
    @CsvSource({
        "agent-daemonset.yaml,     1",
        "agent-daemonset.yaml,     100",
        "operator-deployment.yaml, 1",
    })
    void answersDuringAFloodOfRequestsWhoseAnswersAreNotRead(String manifest, int addresses) throws Exception {
        assertAnswers(new Flood(manifest, addresses, Flood.UNREAD_ANSWERS));
    }

    private void assertAnswers(Flood flood) throws Exception {
        Flood.Seen seen = flood.run(temp.resolve("log"));

        assertThat(seen.failures()).as("of %d rounds", seen.rounds()).isEmpty();
        assertThat(seen.serverAlive()).isTrue();
    }
}
