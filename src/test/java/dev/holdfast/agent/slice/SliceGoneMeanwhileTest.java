package dev.holdfast.agent.slice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.fixtures.SettableClock;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A slice that the kubelet deletes, or changes, between the list and the write. */
class SliceGoneMeanwhileTest {
    private static final String FORMER = """
            {"metadata": {"resourceVersion": "1"}, "items": [{
              "metadata": {"name": "n1-former", "resourceVersion": "1"},
              "spec": {"driver": "vfio.holdfast.dev", "nodeName": "n1", "devices": [{"name": "pci-0"}],
                       "pool": {"name": "n1", "generation": 1, "resourceSliceCount": 1}}}]}
            """;

    private final SettableClock clock = new SettableClock();
    private final Set<String> problems = new HashSet<>();
    private PlayedApiServer apiServer;
    private SlicePublisher publisher;

    @BeforeEach
    void start() throws IOException {
        apiServer = new PlayedApiServer();
        apiServer.has(FORMER);
        publisher = apiServer.publisher(clock);
    }

    @AfterEach
    void end() {
        publisher.close();
        apiServer.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 409})
    void isReadAgainAndNotReported(int status) {
        apiServer.answersWrites(status);
        Duration pause = publisher.publish(List.of(), problems);
        assertThat(problems).isEmpty();
        assertThat(apiServer.requests()).containsExactly("GET", "DELETE");

        apiServer.hasNoSlices();
        clock.goOn(pause);
        publisher.publish(List.of(), problems);

        assertThat(pause).isEqualTo(Duration.ofSeconds(1));
        assertThat(problems).isEmpty();
        assertThat(apiServer.requests()).containsExactly("GET", "DELETE", "GET");
    }

    @ParameterizedTest
    @ValueSource(ints = {403, 500})
    void isReportedForAnyOtherAnswer(int status) {
        apiServer.answersWrites(status);

        publisher.publish(List.of(), problems);

        assertThat(problems).singleElement().asString().contains("with status " + status);
    }
}
