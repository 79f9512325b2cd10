package dev.holdfast.agent.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.PciScan;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.testbed.apiserver.MockApiServer;
import dev.holdfast.testbed.fixtures.AgentObjects;
import dev.holdfast.testbed.fixtures.Groups;
import dev.holdfast.testbed.fixtures.Hosts;
import dev.holdfast.testbed.fixtures.NodeReadinesses;
import dev.holdfast.testbed.fixtures.PciFunctionBuilder;
import dev.holdfast.testbed.fixtures.SettableClock;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NodeReporterTest {
    private final SettableClock clock = new SettableClock();
    private MockApiServer server;
    private KubernetesClient client;
    private ApiClient apiServer;
    private Node node;
    private NodeReporter reporter;

    @BeforeEach
    void clusterWithANode() throws IOException {
        server = MockApiServer.start();
        client = server.client();
        apiServer = server.apiServer();
        node = client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("n1")
                        .endMetadata()
                        .build())
                .create();
        reporter = new NodeReporter(apiServer, "n1", clock);
    }

    @AfterEach
    void end() {
        client.close();
        apiServer.close();
        server.close();
    }

    @Test
    void createsAnObjectOwnedByTheNode() throws IOException {
        reporter.report(report(true, false));

        PassthroughNode found = found();
        assertThat(found.getMetadata().getOwnerReferences()).singleElement().satisfies(owner -> {
            assertThat(owner.getApiVersion()).isEqualTo("v1");
            assertThat(owner.getKind()).isEqualTo("Node");
            assertThat(owner.getName()).isEqualTo("n1");
            assertThat(owner.getUid()).isEqualTo(node.getMetadata().getUid());
        });
        assertThat(states()).containsExactly(DeviceState.Free);
        assertThat(found.getStatus().conditions()).hasSize(4);
    }

    @Test
    void writesNothingWhileNothingChanges() throws IOException {
        reporter.report(report(true, false));
        String version = found().getMetadata().getResourceVersion();

        clock.goOn(Duration.ofMinutes(20));
        reporter.report(report(true, false));
        assertThat(found().getMetadata().getResourceVersion()).isEqualTo(version);

        // A new agent reads the status of the previous one.
        new NodeReporter(apiServer, "n1", clock).report(report(true, false));
        assertThat(found().getMetadata().getResourceVersion()).isEqualTo(version);
    }

    @Test
    void delaysTheStateOfAHeldDeviceUntilItsGrant() throws IOException {
        reporter.report(report(true, false));

        reporter.report(report(true, true));
        assertThat(states()).containsExactly(DeviceState.Free);

        clock.goOn(Duration.ofSeconds(10));
        reporter.report(report(true, true));
        assertThat(states()).containsExactly(DeviceState.Allocated);
    }

    @Test
    void writesOtherChangesAtOnce() throws IOException {
        reporter.report(report(true, false));

        reporter.report(report(false, true));

        assertThat(states()).containsExactly(DeviceState.Allocated);
        assertThat(Objects.requireNonNull(found().getStatus().conditions()))
                .filteredOn(condition -> condition.getType().equals("KvmAvailable"))
                .singleElement()
                .satisfies(condition -> assertThat(condition.getStatus()).isEqualTo("False"));
    }

    @Test
    void createsTheObjectAgainAfterItsDeletion() throws IOException {
        reporter.report(report(true, false));
        client.resource(found()).delete();

        clock.goOn(Duration.ofMinutes(5));
        reporter.report(report(true, false));

        assertThat(states()).containsExactly(DeviceState.Free);
    }

    @Test
    void transfersTheObjectToANodeThatWasCreatedAgain() throws IOException {
        reporter.report(report(true, false));
        client.resource(node).delete();
        Node anew = client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("n1")
                        .endMetadata()
                        .build())
                .create();

        clock.goOn(Duration.ofMinutes(5));
        reporter.report(report(true, false));

        assertThat(found().hasOwnerReferenceFor(anew.getMetadata().getUid())).isTrue();
    }

    @Test
    void reportsThatItsNodeIsNotFound() throws IOException {
        assertThatExceptionOfType(ApiServerException.class)
                .isThrownBy(() -> new NodeReporter(apiServer, "other", clock).report(report(true, false)))
                .withMessageStartingWith("Node other not found; set the name");
    }

    private PassthroughNode found() {
        return client.resources(PassthroughNode.class).withName("n1").require();
    }

    private List<DeviceState> states() {
        return Objects.requireNonNull(found().getStatus().devices()).stream()
                .map(Device::state)
                .toList();
    }

    private static NodeReport report(boolean kvm, boolean held) {
        PciFunction gpu = PciFunctionBuilder.at("0000:03:00.0").build();
        DeviceClass gpus = AgentObjects.deviceClass("gpu", List.of(new Selector("10de", null, null, null, null, null)));
        return AgentObjects.report(
                NodeReadinesses.of(true, true, kvm, true),
                Inventory.of(
                        Hosts.ready(new PciScan(List.of(gpu), List.of(), List.of())),
                        List.of(gpus),
                        Map.of(),
                        Inventory.EMPTY),
                held ? Set.of(Groups.id("0000:03:00.0")) : Set.of(),
                List.of());
    }
}
