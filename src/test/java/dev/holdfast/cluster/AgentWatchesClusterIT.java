package dev.holdfast.cluster;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.JsonFields;
import dev.holdfast.agent.apiserver.ObjectPath;
import dev.holdfast.agent.loop.DeviceClassWatcher;
import dev.holdfast.api.Names;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.testbed.cluster.AuditLog.Request;
import dev.holdfast.testbed.cluster.HandMadeNode;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.TestNamespace;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tests an agent's requests while it watches device classes and its node, by the API server's audit log. */
@OnRealCluster
class AgentWatchesClusterIT {
    private static final Logger log = LoggerFactory.getLogger(AgentWatchesClusterIT.class);
    private static final Duration REST = Duration.ofSeconds(60);

    private final RealCluster cluster;
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private String name;
    private HandMadeNode node;
    private ApiClient server;
    private DeviceClassWatcher watch;
    private Instant started;

    AgentWatchesClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @BeforeEach
    void follow(TestNamespace namespace) throws IOException {
        name = namespace.name();
        node = HandMadeNode.join(cluster, "node-of-" + name, name, 1);
        server = cluster.apiServerOfAgent(node.name());
        watch = new DeviceClassWatcher(server, node.name(), new AgentMeters(registry));
        started = Instant.now();
        watch.start(() -> {});
        eventually("the agent knows the class").until(() -> knows(name));
    }

    @AfterEach
    void end() {
        watch.close();
        server.close();
        cluster.admin().resources(PassthroughDeviceClass.class).withName(name).delete();
        cluster.admin()
                .resources(PassthroughDeviceClass.class)
                .withName(name + "-2")
                .delete();
        node.leave();
    }

    @Test
    void hearsOfChangesByItsWatchesAndListsNothingTwice() {
        PassthroughDeviceClass second = new PassthroughDeviceClass();
        second.setMetadata(new ObjectMetaBuilder()
                .withName(name + "-2")
                .addToAnnotations("example.com/notes", "x".repeat(250_000))
                .build());
        second.setSpec(Serialization.unmarshal(
                "selectors: [{vendorID: \"10de\"}]\nnodeSelector: {rack: r7}", PassthroughDeviceClassSpec.class));
        cluster.admin().resource(second).create();
        cluster.admin()
                .nodes()
                .withName(node.name())
                .edit(object -> new NodeBuilder(object)
                        .editMetadata()
                        .addToLabels("rack", "r7")
                        .endMetadata()
                        .build());
        eventually("the agent knows the new class and the new label").until(() -> knows(name + "-2"));
        cluster.admin().resources(PassthroughDeviceClass.class).withName(name).delete();
        eventually("the agent has heard that a class is gone").until(() -> !knows(name));

        Awaitility.await("a minute at rest")
                .pollDelay(REST)
                .atMost(REST.plusSeconds(10))
                .until(() -> true);

        List<Request> requests = requests();
        double minutes = Duration.between(started, Instant.now()).toSeconds() / 60.0;
        log.atInfo()
                .addKeyValue("minutes", minutes)
                .addKeyValue("lists", count(requests, "list"))
                .addKeyValue("watches", count(requests, "watch"))
                .log("Counted from the API server's audit log");
        assertThat(requests)
                .filteredOn(request -> request.verb().equals("list"))
                .extracting(Request::permission)
                .containsExactlyInAnyOrder("list nodes", "list passthroughdeviceclasses.holdfast.dev");
        assertThat(requests)
                .filteredOn(request -> request.verb().equals("watch"))
                .isNotEmpty()
                .extracting(Request::code)
                .containsOnly(200);
        // Nodes, classes, and slices, which are watched once a class is allocated by DRA.
        assertThat(registry.find("holdfast.watch.fallbacks").counters())
                .hasSize(3)
                .extracting(Counter::count)
                .containsOnly(0.0);
    }

    @Test
    void readsTheMetadataOfAnObjectAndNothingElse() throws IOException {
        List<String> fields = new ArrayList<>();

        server.metadata(ObjectPath.node(node.name()), json -> {
            JsonFields.read(json, (field, value) -> fields.add(field));
            return fields;
        });

        assertThat(fields).contains("metadata").doesNotContain("spec", "status");
    }

    private boolean knows(String deviceClass) {
        return watch.classes().stream()
                .flatMap(List::stream)
                .map(DeviceClass::name)
                .anyMatch(deviceClass::equals);
    }

    /** Returns the agents' requests since this one began to watch. */
    private List<Request> requests() {
        return cluster.audit().of("system:serviceaccount:" + RealCluster.NAMESPACE + ":" + Names.AGENT).stream()
                .filter(request -> !request.time().isBefore(started))
                .toList();
    }

    private static long count(List<Request> requests, String verb) {
        return requests.stream().filter(request -> request.verb().equals(verb)).count();
    }
}
