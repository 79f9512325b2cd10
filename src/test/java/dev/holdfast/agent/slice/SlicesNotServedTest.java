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
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On a server before Kubernetes 1.34, which answers 404. */
class SlicesNotServedTest {
    private static final List<SliceDevice> ONE = List.of(new SliceDevice("pci-0", Map.of(), Map.of()));

    private final SettableClock clock = new SettableClock();
    private final AtomicInteger requests = new AtomicInteger();
    private final Set<String> problems = new HashSet<>();
    private HttpServer server;
    private ApiClient apiServer;
    private SlicePublisher publisher;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.incrementAndGet();
            exchange.sendResponseHeaders(404, -1);
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

    @Test
    void reportsItAndAsksAgainAfterFiveMinutes() {
        assertThat(publisher.publish(ONE, problems)).isEqualTo(Duration.ofMinutes(5));
        publisher.publish(ONE, problems);

        assertThat(problems).singleElement().asString().startsWith("the API server does not serve resource.k8s.io/v1");
        assertThat(publisher.notServed()).hasValue(problems.iterator().next());
        assertThat(requests).hasValue(1);

        clock.goOn(Duration.ofMinutes(5));
        publisher.publish(ONE, problems);
        assertThat(requests).hasValue(2);
    }

    @Test
    void isSilentWithoutDevices() {
        publisher.publish(List.of(), problems);
        publisher.publish(List.of(), problems);

        assertThat(problems).isEmpty();
        assertThat(publisher.notServed()).isEmpty();
        assertThat(requests).hasValue(1);
    }
}
