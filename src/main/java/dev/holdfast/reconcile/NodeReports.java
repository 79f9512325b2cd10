package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.observed.ReportedGrants;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the VMs that a change of a node's report concerns. */
final class NodeReports {
    private NodeReports() {}

    /**
     * Returns the VMs whose grant has changed, or a device of it; the VMs with a former pod on the node; and the VMs that wait for
     * a node and request devices of a class that has changed there. If the report was added or removed, it returns all VMs on the
     * node and all that wait for one, because their messages have the number of nodes; after a reboot, and when the report can be
     * decoded no longer or again, all VMs on the node.
     *
     * @param before empty for a new report
     * @param after  empty for a deleted report
     */
    static Set<ResourceID> concerned(Optional<PassthroughNode> before, Optional<PassthroughNode> after, VmIndex vms) {
        String node = after.or(() -> before)
                .map(known -> known.getMetadata().getName())
                .orElseThrow();
        boolean addedOrRemoved = before.isEmpty() || after.isEmpty();
        Stream<ResourceID> onNode = addedOrRemoved || isAnother(before, after)
                ? Stream.concat(granted(before, after), ids(vms.on(node)))
                : Stream.concat(changed(before, after), ids(vms.formerlyOn(node)));
        Stream<ResourceID> waiting = addedOrRemoved
                ? ids(vms.waiting())
                : ids(changedResources(before, after).stream().flatMap(vms::waitingFor));
        return Stream.concat(onNode, waiting).collect(Collectors.toSet());
    }

    /** Returns whether everything in the report may mean something else than before. */
    private static boolean isAnother(Optional<PassthroughNode> before, Optional<PassthroughNode> after) {
        return !before.map(ReportedGrants::areHidden).equals(after.map(ReportedGrants::areHidden))
                || !status(before)
                        .map(PassthroughNodeStatus::bootID)
                        .equals(status(after).map(PassthroughNodeStatus::bootID));
    }

    /** Returns the VMs of all grants. */
    private static Stream<ResourceID> granted(Optional<PassthroughNode> before, Optional<PassthroughNode> after) {
        return Stream.concat(grants(before), grants(after)).map(NodeReports::vm);
    }

    /** Returns the VMs of the grants that have changed, or whose devices have. */
    private static Stream<ResourceID> changed(Optional<PassthroughNode> before, Optional<PassthroughNode> after) {
        Set<Grant> former = grants(before).collect(Collectors.toSet());
        Set<Grant> present = grants(after).collect(Collectors.toSet());
        Set<String> devices = changedDevices(before, after);
        return Stream.concat(
                        former.stream().filter(grant -> !present.contains(grant)),
                        present.stream().filter(grant -> !former.contains(grant) || holds(grant, devices)))
                .map(NodeReports::vm);
    }

    private static boolean holds(Grant grant, Set<String> addresses) {
        return !addresses.isEmpty()
                && grant.devices().stream()
                        .flatMap(device -> device.pciAddresses().stream())
                        .anyMatch(addresses::contains);
    }

    /** Returns the addresses of the devices that have changed. */
    private static Set<String> changedDevices(Optional<PassthroughNode> before, Optional<PassthroughNode> after) {
        return differing(devices(before).collect(byAddress()), devices(after).collect(byAddress()));
    }

    private static Collector<Device, ?, Map<String, Device>> byAddress() {
        return Collectors.toMap(Device::pciAddress, Function.identity(), (first, second) -> second);
    }

    /** Returns the extended resources whose devices on the node, or their states, have changed. */
    private static Set<String> changedResources(Optional<PassthroughNode> before, Optional<PassthroughNode> after) {
        return differing(byResource(before), byResource(after));
    }

    private static Map<String, List<Device>> byResource(Optional<PassthroughNode> node) {
        return devices(node)
                .filter(device -> device.deviceClass() != null)
                .collect(Collectors.groupingBy(
                        device -> Names.RESOURCE_PREFIX + device.deviceClass(), HashMap::new, Collectors.toList()));
    }

    private static <V> Set<String> differing(Map<String, V> former, Map<String, V> present) {
        Set<String> keys = new HashSet<>(former.keySet());
        keys.addAll(present.keySet());
        keys.removeIf(key -> Objects.equals(former.get(key), present.get(key)));
        return keys;
    }

    private static Stream<Device> devices(Optional<PassthroughNode> node) {
        return Given.list(status(node).map(PassthroughNodeStatus::devices)).stream();
    }

    private static Stream<Grant> grants(Optional<PassthroughNode> node) {
        return Given.list(status(node).map(PassthroughNodeStatus::grants)).stream();
    }

    private static ResourceID vm(Grant grant) {
        return new ResourceID(grant.vm().name(), grant.vm().namespace());
    }

    private static Stream<ResourceID> ids(Stream<PassthroughVM> vms) {
        return vms.map(ResourceID::fromResource);
    }

    private static Optional<PassthroughNodeStatus> status(Optional<PassthroughNode> node) {
        return node.map(PassthroughNode::getStatus);
    }
}
