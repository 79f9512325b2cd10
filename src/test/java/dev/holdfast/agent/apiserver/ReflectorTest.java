package dev.holdfast.agent.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.Slow;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.testbed.apiserver.MockApiServer;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@Slow
class ReflectorTest {
    private final AtomicInteger changes = new AtomicInteger();
    private MockApiServer server;
    private KubernetesClient client;
    private ApiClient apiServer;
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private Reflector<String> reflector;

    @BeforeEach
    void serverWithANode() {
        server = MockApiServer.start();
        client = server.client();
        apiServer = server.apiServer();
        client.resource(node("n1", "red")).create();
        reflector = new Reflector<>(
                apiServer,
                new Reflector.Collection<>("/api/v1/nodes", "nodes", true, Colour::new),
                new AgentMeters(registry));
    }

    /** Projection of the label "colour". */
    private static final class Colour implements Reflector.Projection<String> {
        private String colour = "";

        @Override
        public void metadata(String field, JsonParser json) throws IOException {
            if (field.equals("labels")) {
                colour = JsonFields.texts(json, 10, 63).getOrDefault("colour", "");
            }
        }

        @Override
        public String result(String name) throws ApiServerException {
            if (colour.isEmpty()) {
                throw new ApiServerException("no colour");
            }
            return colour;
        }
    }

    @AfterEach
    void end() {
        reflector.close();
        apiServer.close();
        client.close();
        server.close();
    }

    @Test
    void isEmptyBeforeTheFirstList() {
        assertThat(reflector.found()).isEmpty();
    }

    @Test
    void followsCreationsChangesAndDeletions() {
        reflector.start(changes::incrementAndGet);
        awaitFound("red");

        client.resource(node("n2", "green")).create();
        awaitFound("red", "green");

        client.resource(node("n1", "blue")).update();
        awaitFound("blue", "green");

        client.nodes().withName("n2").delete();
        awaitFound("blue");
        assertThat(changes).hasValue(4);
        assertThat(fallbacks()).as("lists after the first").isZero();
    }

    @Test
    void doesNotReportChangesOfOtherFields() {
        reflector.start(changes::incrementAndGet);
        awaitFound("red");

        Node same = node("n1", "red");
        same.getMetadata().getLabels().put("other", "label");
        client.resource(same).update();
        client.resource(node("n2", "green")).create();
        awaitFound("red", "green");

        assertThat(changes).hasValue(2);
    }

    @Test
    void skipsOnlyTheObjectThatCannotBeRead() {
        client.resource(node("a-first", "")).create();
        reflector.start(changes::incrementAndGet);
        awaitFound("red");

        client.resource(node("n1", "")).update();
        awaitFound();
        assertThat(registry.get("holdfast.undecodable.objects")
                        .tag("kind", "nodes")
                        .counter()
                        .count())
                .isGreaterThanOrEqualTo(2);
        assertThat(fallbacks()).as("lists after the first").isZero();
    }

    @Test
    void listsAgainAfterAnOutageOfTheServer() {
        reflector.start(changes::incrementAndGet);
        awaitFound("red");
        int port = server.port();

        client.close();
        server.close();
        server = MockApiServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port), Clock.systemUTC(), () -> false);
        client = server.client();
        client.resource(node("n9", "violet")).create();

        awaitFound("violet");
        assertThat(fallbacks()).isPositive();
    }

    private double fallbacks() {
        return registry.get("holdfast.watch.fallbacks")
                .tag("kind", "nodes")
                .counter()
                .count();
    }

    private void awaitFound(String... colours) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(reflector.found()).hasValue(List.of(colours)));
    }

    private static Node node(String name, String colour) {
        return new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("colour", colour)
                .endMetadata()
                .build();
    }
}
