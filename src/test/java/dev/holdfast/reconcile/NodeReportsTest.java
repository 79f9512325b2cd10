package dev.holdfast.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.DecodeFault;
import dev.holdfast.api.Names;
import dev.holdfast.api.Undecodable;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.GrantedDevice;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The VMs that a change of a node's report triggers. */
final class NodeReportsTest {
    private static final String NODE = "node-1";
    private static final String GPU = "0000:01:00.0";

    private final VmIndex vms = VmIndex.in(new ListedCache<>(List.of(
            vm("unscheduled", "gpu", Map.of("phase", Phase.Pending, "podUID", "p1")),
            vm("unscheduled-nic", "nic", Map.of("phase", Phase.Pending, "podUID", "p2")),
            vm("refused", "gpu", Map.of("phase", Phase.Pending)),
            vm("here", "gpu", Map.of("phase", Phase.Running, "podUID", "p3", "nodeName", NODE)),
            vm("also-here", "gpu", Map.of("phase", Phase.Running, "podUID", "p6", "nodeName", NODE)),
            vm("elsewhere", "gpu", Map.of("phase", Phase.Running, "podUID", "p4", "nodeName", "node-2")),
            vm("failed-elsewhere", "gpu", Map.of("phase", Phase.Failed, "podUID", "p5", "nodeName", "node-2")),
            vm("formerly-here", "gpu", Map.of("formerPods", List.of(Map.of("podUID", "p7", "nodeName", NODE)))),
            vm("formerly-somewhere", "gpu", Map.of("formerPods", List.of(Map.of("podUID", "p8")))),
            vm(
                    "formerly-elsewhere",
                    "gpu",
                    Map.of("formerPods", List.of(Map.of("podUID", "p9", "nodeName", "node-2")))))));

    @Test
    void aFreedDeviceTriggersVmsThatWaitForItsClass() {
        assertThat(concerned(node("gpu", DeviceState.Allocated), node("gpu", DeviceState.Free)))
                .containsExactlyInAnyOrder("unscheduled", "formerly-here", "formerly-somewhere");
    }

    @Test
    void aDeviceThatChangesItsClassTriggersVmsThatWaitForEither() {
        assertThat(concerned(node("gpu", DeviceState.Free), node("nic", DeviceState.Free)))
                .containsExactlyInAnyOrder("unscheduled", "unscheduled-nic", "formerly-here", "formerly-somewhere");
    }

    @Test
    void aGrantTriggersItsVmWhenAddedAndWhenRemovedAndNoOtherOnTheNode() {
        assertThat(concerned(node("gpu", DeviceState.Free), node("gpu", DeviceState.Free, grant("here"))))
                .containsExactlyInAnyOrder("here", "formerly-here", "formerly-somewhere");
        assertThat(concerned(node("gpu", DeviceState.Free, grant("here")), node("gpu", DeviceState.Free)))
                .containsExactlyInAnyOrder("here", "formerly-here", "formerly-somewhere");
    }

    @Test
    void aGrantWhoseLockedMemoryIsReportedTriggersItsVm() {
        assertThat(concerned(
                        node("gpu", DeviceState.Allocated, grant("here"), grant("also-here")),
                        node("gpu", DeviceState.Allocated, grant("here", 4096L), grant("also-here"))))
                .containsExactlyInAnyOrder("here", "formerly-here", "formerly-somewhere");
    }

    @Test
    void aDeviceThatVanishesTriggersTheVmThatHoldsIt() {
        assertThat(concerned(
                        node("gpu", DeviceState.Allocated, grant("here", GPU), grant("also-here")),
                        node("gpu", DeviceState.Missing, grant("here", GPU), grant("also-here"))))
                .containsExactlyInAnyOrder("here", "unscheduled", "formerly-here", "formerly-somewhere");
    }

    @Test
    void aRebootTriggersAllVmsOnTheNode() {
        PassthroughNode rebooted = node("gpu", DeviceState.Free);
        rebooted.setStatus(new PassthroughNodeStatus(
                "another boot", null, rebooted.getStatus().devices(), List.of()));

        assertThat(concerned(node("gpu", DeviceState.Free), rebooted))
                .containsExactlyInAnyOrder("here", "also-here", "formerly-here", "formerly-somewhere");
    }

    @Test
    void aReportThatCannotBeDecodedAnyMoreTriggersAllVmsOnTheNode() {
        PassthroughNode undecodable = node("gpu", DeviceState.Free);
        undecodable.setStatus(new PassthroughNodeStatus("boot", null, null, null));
        Undecodable.mark(undecodable, List.of(new DecodeFault("status.grants", "not a list")));

        assertThat(concerned(node("gpu", DeviceState.Free), undecodable))
                .contains("here", "also-here", "formerly-here", "formerly-somewhere");
    }

    @Test
    void anAddedOrRemovedNodeTriggersAllVmsThatWaitForANode() {
        assertThat(names(NodeReports.concerned(Optional.empty(), Optional.of(node("nic", DeviceState.Free)), vms)))
                .containsExactlyInAnyOrder(
                        "unscheduled", "unscheduled-nic", "here", "also-here", "formerly-here", "formerly-somewhere");
        assertThat(names(NodeReports.concerned(
                        Optional.of(node("nic", DeviceState.Free, grant("elsewhere"))), Optional.empty(), vms)))
                .containsExactlyInAnyOrder(
                        "unscheduled",
                        "unscheduled-nic",
                        "here",
                        "also-here",
                        "elsewhere",
                        "formerly-here",
                        "formerly-somewhere");
    }

    private List<String> concerned(PassthroughNode before, PassthroughNode after) {
        return names(NodeReports.concerned(Optional.of(before), Optional.of(after), vms));
    }

    private static List<String> names(Set<ResourceID> ids) {
        return ids.stream().map(ResourceID::getName).toList();
    }

    private static PassthroughNode node(String deviceClass, DeviceState state, Grant... grants) {
        PassthroughNode node = new PassthroughNode();
        node.setMetadata(new ObjectMetaBuilder().withName(NODE).build());
        node.setStatus(new PassthroughNodeStatus(
                "boot",
                null,
                List.of(DeviceBuilder.at(GPU)
                        .deviceClass(deviceClass)
                        .state(state)
                        .build()),
                List.of(grants)));
        return node;
    }

    private static Grant grant(String vm, String... addresses) {
        return grant(vm, null, List.of(new GrantedDevice("g", List.of(addresses), 1, null)));
    }

    private static Grant grant(String vm, Long lockedBytes) {
        return grant(vm, lockedBytes, List.of());
    }

    private static Grant grant(String vm, @Nullable Long lockedBytes, List<GrantedDevice> devices) {
        return new Grant(
                "pod of " + vm,
                new VmReference("ns", vm, "uid"),
                1,
                1,
                devices,
                1L,
                null,
                1,
                1,
                lockedBytes,
                "2026-11-29T12:00:00Z");
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
