package dev.holdfast.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Names;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.testbed.fixtures.DeviceBuilder;
import dev.holdfast.testbed.fixtures.Statuses;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The VMs that a change of a node's report triggers. */
final class NodeReportsTest {
    private static final String NODE = "node-1";

    private final List<PassthroughVM> vms = List.of(
            vm("unscheduled", "gpu", Map.of("phase", Phase.Pending, "podUID", "p1")),
            vm("unscheduled-nic", "nic", Map.of("phase", Phase.Pending, "podUID", "p2")),
            vm("refused", "gpu", Map.of("phase", Phase.Pending)),
            vm("here", "gpu", Map.of("phase", Phase.Running, "podUID", "p3", "nodeName", NODE)),
            vm("elsewhere", "gpu", Map.of("phase", Phase.Running, "podUID", "p4", "nodeName", "node-2")),
            vm("failed-elsewhere", "gpu", Map.of("phase", Phase.Failed, "podUID", "p5", "nodeName", "node-2")));

    @Test
    void aFreedDeviceTriggersVmsThatWaitForItsClassAndVmsOnTheNode() {
        assertThat(concerned(node("gpu", DeviceState.Allocated), node("gpu", DeviceState.Free)))
                .containsExactlyInAnyOrder("unscheduled", "here");
    }

    @Test
    void aDeviceThatChangesItsClassTriggersVmsThatWaitForEither() {
        assertThat(concerned(node("gpu", DeviceState.Free), node("nic", DeviceState.Free)))
                .containsExactlyInAnyOrder("unscheduled", "unscheduled-nic", "here");
    }

    @Test
    void aReportWithUnchangedDevicesTriggersOnlyVmsOnTheNode() {
        assertThat(concerned(node("gpu", DeviceState.Free), node("gpu", DeviceState.Free)))
                .containsExactly("here");
    }

    @Test
    void aGrantTriggersItsVmWhenAddedAndWhenRemoved() {
        assertThat(concerned(node("gpu", DeviceState.Free), node("gpu", DeviceState.Free, "refused")))
                .containsExactlyInAnyOrder("refused", "here");
        assertThat(concerned(node("gpu", DeviceState.Free, "refused"), node("gpu", DeviceState.Free)))
                .containsExactlyInAnyOrder("refused", "here");
    }

    @Test
    void anAddedOrRemovedNodeTriggersAllVmsThatWaitForANode() {
        assertThat(names(NodeReports.concerned(
                        Optional.empty(), Optional.of(node("nic", DeviceState.Free)), vms.stream())))
                .containsExactlyInAnyOrder("unscheduled", "unscheduled-nic", "here");
        assertThat(names(NodeReports.concerned(
                        Optional.of(node("nic", DeviceState.Free, "elsewhere")), Optional.empty(), vms.stream())))
                .containsExactlyInAnyOrder("unscheduled", "unscheduled-nic", "here", "elsewhere");
    }

    private List<String> concerned(PassthroughNode before, PassthroughNode after) {
        return names(NodeReports.concerned(Optional.of(before), Optional.of(after), vms.stream()));
    }

    private static List<String> names(Set<ResourceID> ids) {
        return ids.stream().map(ResourceID::getName).toList();
    }

    private static PassthroughNode node(String deviceClass, DeviceState state, String... granted) {
        PassthroughNode node = new PassthroughNode();
        node.setMetadata(new ObjectMetaBuilder().withName(NODE).build());
        node.setStatus(new PassthroughNodeStatus(
                "boot",
                null,
                List.of(DeviceBuilder.at("0000:01:00.0")
                        .deviceClass(deviceClass)
                        .state(state)
                        .build()),
                Stream.of(granted).map(NodeReportsTest::grant).toList()));
        return node;
    }

    private static Grant grant(String vm) {
        return new Grant(
                "pod", new VmReference("ns", vm, "uid"), 1, 1, List.of(), 1L, null, 1, 1, null, "2026-11-29T12:00:00Z");
    }

    private static PassthroughVM vm(String name, String deviceClass, Map<String, ?> status) {
        PassthroughVM vm =
                Serialization.unmarshal("""
                metadata: {namespace: ns, name: %s}
                spec:
                  memory: {guest: 128Mi}
                  devices: {gpus: [{name: g, deviceName: %s}]}
                """.formatted(name, Names.resourceOf(deviceClass)), PassthroughVM.class);
        vm.setStatus(Statuses.of(status));
        return vm;
    }
}
