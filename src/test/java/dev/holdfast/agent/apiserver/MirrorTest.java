package dev.holdfast.agent.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.embedded.MockApiServer;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MirrorTest {
    private final AtomicInteger changes = new AtomicInteger();
    private MockApiServer server;
    private KubernetesClient client;
    private ApiServer apiServer;
    private Mirror<String> mirror;

    @BeforeEach
    void serverWithANode() {
        server = MockApiServer.start();
        client = server.client();
        apiServer = server.apiServer();
        client.resource(node("n1", "red")).create();
        mirror = new Mirror<>(apiServer, "/api/v1/nodes", "nodes", node -> {
            String colour = node.path("metadata").path("labels").path("colour").asText();
            if (colour.isEmpty()) {
                throw new ApiServerException("no colour");
            }
            return colour;
        });
    }

    @AfterEach
    void end() {
        mirror.close();
        apiServer.close();
        client.close();
        server.close();
    }

    @Test
    void knowsNothingBeforeItsFirstList() {
        assertThat(mirror.found()).isEmpty();
    }

    @Test
    void followsWhatIsMadeChangedAndDeleted() {
        mirror.start(changes::incrementAndGet);
        awaitFound("red");

        client.resource(node("n2", "green")).create();
        awaitFound("red", "green");

        client.resource(node("n1", "blue")).update();
        awaitFound("blue", "green");

        client.nodes().withName("n2").delete();
        awaitFound("blue");
        assertThat(changes).hasValue(4);
    }

    @Test
    void tellsNothingOfWhatDoesNotMatter() {
        mirror.start(changes::incrementAndGet);
        awaitFound("red");

        Node same = node("n1", "red");
        same.getMetadata().getLabels().put("other", "label");
        client.resource(same).update();
        client.resource(node("n2", "green")).create();
        awaitFound("red", "green");

        assertThat(changes).hasValue(2);
    }

    @Test
    void whatCannotBeReadHidesNothingElse() {
        client.resource(node("a-first", "")).create();
        mirror.start(changes::incrementAndGet);

        awaitFound("red");
    }

    @Test
    void listsAnewWhenTheServerWasAway() {
        mirror.start(changes::incrementAndGet);
        awaitFound("red");
        int port = server.port();

        client.close();
        server.close();
        server = MockApiServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port), Clock.systemUTC(), () -> false);
        client = server.client();
        client.resource(node("n9", "violet")).create();

        awaitFound("violet");
    }

    private void awaitFound(String... colours) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(mirror.found()).hasValue(List.of(colours)));
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
