package dev.holdfast.agent.grant.decision;

import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.agent.grant.decision.Decision.Wait;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.vm.devices.HostDevice;
import dev.holdfast.inventory.AssignableGroup;
import dev.holdfast.inventory.GroupResolver;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Assignment of groups of the node to the named devices of a spec. The kubelet allocates IDs per resource, not per
 * name. Here they are assigned in ascending order to the GPUs and then the host devices that require the resource, in
 * the order of the spec.
 */
sealed interface DeviceAssignment {
    record Assigned(List<GrantedDevice> devices) implements DeviceAssignment {}

    /** Devices cannot be assigned, or not yet. */
    record Unassigned(Decision why) implements DeviceAssignment {}

    /**
     * Assigns the devices.
     *
     * @param vm   VM with the devices of its spec
     * @param held device IDs by resource, as the kubelet allocated them to the pod
     */
    static DeviceAssignment of(VmFacts vm, PodFacts pod, Map<String, List<String>> held, GroupResolver groups) {
        List<HostDevice> wanted = vm.devices();
        Map<String, Long> counts = wanted.stream()
                .collect(Collectors.groupingBy(HostDevice::deviceName, TreeMap::new, Collectors.counting()));
        for (Map.Entry<String, Long> entry : counts.entrySet()) {
            Optional<Decision> objection = objection(
                    entry.getKey(),
                    entry.getValue(),
                    pod.deviceLimits().getOrDefault(entry.getKey(), 0L),
                    held.getOrDefault(entry.getKey(), List.of()).size());
            if (objection.isPresent()) {
                return new Unassigned(objection.get());
            }
        }
        return assign(wanted, held, groups, vm.mainFunctionOnly());
    }

    /**
     * Assigns main functions only with a vIOMMU: QEMU would give every function its own address space, and refuses to
     * put one group into two.
     */
    private static DeviceAssignment assign(
            List<HostDevice> wanted, Map<String, List<String>> held, GroupResolver groups, boolean mainFunctionOnly) {
        Map<String, Iterator<String>> ids = new HashMap<>();
        held.forEach((resource, all) -> ids.put(resource, all.stream().sorted().iterator()));
        List<GrantedDevice> devices = new ArrayList<>();
        for (HostDevice device : wanted) {
            Iterator<String> left =
                    ids.getOrDefault(device.deviceName(), List.<String>of().iterator());
            String id = left.next();
            Optional<AssignableGroup> group = GroupId.parse(id).flatMap(groups::functions);
            if (group.isEmpty()) {
                return new Unassigned(new Refuse(
                        RefusalReason.DEVICE_GONE,
                        "device " + id + " of " + device.deviceName() + " was allocated to the pod for \""
                                + device.name()
                                + "\", but cannot be used now: it has vanished, is blocked or is not responding; see the"
                                + " node's PassthroughNode"));
            }
            List<PciAddress> functions = group.get().functions();
            devices.add(new GrantedDevice(
                    device.name(),
                    (mainFunctionOnly ? functions.subList(0, 1) : functions)
                            .stream().map(PciAddress::toString).toList(),
                    group.get().iommuGroup(),
                    group.get().numaNode()));
        }
        return new Assigned(devices);
    }

    private static Optional<Decision> objection(String resource, long wanted, long requested, int held) {
        if (requested != wanted || held > wanted) {
            return Optional.of(new Refuse(
                    RefusalReason.SPEC_CHANGED,
                    "the VM requires " + wanted + " of " + resource + ", but its pod was created for "
                            + Math.max(requested, held)
                            + ": the spec has changed since; delete the pod, and the operator creates a new one"));
        }
        return held == wanted
                ? Optional.empty()
                : Optional.of(new Wait(
                        "the kubelet has reported " + held + " of " + wanted + " " + resource + " for the pod so far"));
    }
}
