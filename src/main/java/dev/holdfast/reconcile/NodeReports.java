package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.FormerPod;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.plan.machine.TolerantSpec;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the VMs that a change of a node's report concerns. */
final class NodeReports {
    private NodeReports() {}

    /**
     * Returns the VMs with a process on the node before or after the change, the VMs whose status names the node, also as that
     * of a former pod, and the VMs that wait for a node and request devices of a class that has changed there. If the report
     * was added or removed, it returns all VMs that wait for a node, because their messages have the number of nodes.
     *
     * @param before empty for a new report
     * @param after  empty for a deleted report
     */
    static Set<ResourceID> concerned(
            Optional<PassthroughNode> before, Optional<PassthroughNode> after, Stream<PassthroughVM> vms) {
        String node = after.or(() -> before)
                .map(known -> known.getMetadata().getName())
                .orElseThrow();
        boolean addedOrRemoved = before.isEmpty() || after.isEmpty();
        Set<String> changed = changedResources(before, after);
        return Stream.concat(
                        Stream.concat(granted(before), granted(after)),
                        vms.filter(vm -> isOn(node, vm)
                                        || (waitsForNode(vm) && (addedOrRemoved || requests(changed, vm))))
                                .map(ResourceID::fromResource))
                .collect(Collectors.toSet());
    }

    private static boolean isOn(String node, PassthroughVM vm) {
        PassthroughVMStatus status = vm.getStatus();
        return status != null
                && (node.equals(status.nodeName())
                        || Objects.requireNonNullElse(status.formerPods(), List.<FormerPod>of()).stream()
                                .anyMatch(pod -> pod.nodeName() == null || node.equals(pod.nodeName())));
    }

    /** Returns whether the VM has a pod without a node. */
    static boolean waitsForNode(PassthroughVM vm) {
        PassthroughVMStatus status = vm.getStatus();
        return status != null
                && status.phase() == Phase.Pending
                && status.podUID() != null
                && status.nodeName() == null;
    }

    private static boolean requests(Set<String> resources, PassthroughVM vm) {
        return TolerantSpec.deviceCounts(vm.getSpec()).keySet().stream().anyMatch(resources::contains);
    }

    /** Returns the extended resources whose devices on the node, or their states, have changed. */
    private static Set<String> changedResources(Optional<PassthroughNode> before, Optional<PassthroughNode> after) {
        Map<String, List<Device>> former = byResource(before);
        Map<String, List<Device>> present = byResource(after);
        Set<String> all = new HashSet<>(former.keySet());
        all.addAll(present.keySet());
        all.removeIf(resource -> Objects.equals(former.get(resource), present.get(resource)));
        return all;
    }

    private static Map<String, List<Device>> byResource(Optional<PassthroughNode> node) {
        return status(node)
                .flatMap(status -> Optional.ofNullable(status.devices()).stream())
                .flatMap(List::stream)
                .filter(device -> device.deviceClass() != null)
                .collect(Collectors.groupingBy(
                        device -> Names.RESOURCE_PREFIX + device.deviceClass(), HashMap::new, Collectors.toList()));
    }

    private static Stream<ResourceID> granted(Optional<PassthroughNode> node) {
        return status(node)
                .flatMap(status -> Optional.ofNullable(status.grants()).stream())
                .flatMap(List::stream)
                .map(Grant::vm)
                .map(vm -> new ResourceID(vm.name(), vm.namespace()));
    }

    private static Stream<PassthroughNodeStatus> status(Optional<PassthroughNode> node) {
        return node.map(PassthroughNode::getStatus).stream();
    }
}
