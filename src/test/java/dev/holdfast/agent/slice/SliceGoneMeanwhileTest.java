package dev.holdfast.agent.slice;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.InClusterConfig;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.testbed.fixtures.SettableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
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
    private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
    private final Set<String> problems = new HashSet<>();
    private volatile String list = FORMER;
    private volatile int statusOfWrites = 200;
    private HttpServer server;
    private ApiClient apiServer;
    private SlicePublisher publisher;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.add(exchange.getRequestMethod());
            boolean reads = exchange.getRequestMethod().equals("GET");
            byte[] body = (reads ? list : "{}").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(reads ? 200 : statusOfWrites, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        apiServer = new ApiClient(InClusterConfig.at(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort())));
        publisher = new SlicePublisher(apiServer, "n1", () -> {}, new AgentMeters(new SimpleMeterRegistry()), clock);
    }

    @AfterEach
    void end() {
        publisher.close();
        apiServer.close();
        server.stop(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 409})
    void isReadAgainAndNotReported(int status) {
        statusOfWrites = status;
        Duration pause = publisher.publish(List.of(), problems);
        assertThat(problems).isEmpty();
        assertThat(requests).containsExactly("GET", "DELETE");

        list = "{\"metadata\": {\"resourceVersion\": \"2\"}, \"items\": []}";
        clock.goOn(pause);
        publisher.publish(List.of(), problems);

        assertThat(pause).isEqualTo(Duration.ofSeconds(1));
        assertThat(problems).isEmpty();
        assertThat(requests).containsExactly("GET", "DELETE", "GET");
    }

    @ParameterizedTest
    @ValueSource(ints = {403, 500})
    void isReportedForAnyOtherAnswer(int status) {
        statusOfWrites = status;

        publisher.publish(List.of(), problems);

        assertThat(problems).singleElement().asString().contains("with status " + status);
    }
}
