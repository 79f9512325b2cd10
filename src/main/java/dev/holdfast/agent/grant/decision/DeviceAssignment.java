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
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Assignment of groups of the node to the named devices of a spec. A claim allocates a device to a request, which the
 * spec names. The kubelet allocates IDs per resource, not per name: these are assigned in ascending order to the GPUs and
 * then the host devices that require the resource, in the order of the spec. The devices of a resource come from the
 * device plugin or, when the class is served by claims, from the claim that the scheduler created for the pod.
 */
sealed interface DeviceAssignment {
    record Assigned(List<GrantedDevice> devices) implements DeviceAssignment {}

    /** Devices cannot be assigned, or not yet. */
    record Unassigned(Decision why) implements DeviceAssignment {}

    /**
     * Assigns the devices.
     *
     * @param vm     VM with the devices of its spec
     * @param held   device IDs by resource, as the kubelet allocated them to the pod
     * @param claims claims of the pod, and what the kubelet reports of them
     */
    static DeviceAssignment of(
            VmFacts vm, Map<String, List<String>> held, ClaimedDevice.Facts claims, GroupResolver groups) {
        Map<String, Iterator<String>> ids = new HashMap<>();
        for (Map.Entry<String, Long> entry : counts(vm).entrySet()) {
            String resource = entry.getKey();
            List<String> allocated = new ArrayList<>(held.getOrDefault(resource, List.of()));
            if (allocated.isEmpty()) {
                for (ClaimedDevice device : ClaimedDevice.ofResource(resource, claims)) {
                    switch (device) {
                        case ClaimedDevice.Found found ->
                            allocated.add(found.group().toString());
                        case ClaimedDevice.Foreign foreign ->
                            throw new IllegalStateException("device of another driver for " + resource);
                        case ClaimedDevice.NotFound notFound -> {
                            return new Unassigned(notFound.why());
                        }
                    }
                }
            }
            long requested = claims.pod().deviceLimits().getOrDefault(resource, 0L);
            Optional<Decision> objection = objection(resource, entry.getValue(), requested, allocated.size());
            if (objection.isPresent()) {
                return new Unassigned(objection.get());
            }
            ids.put(resource, allocated.stream().sorted().iterator());
        }
        return assign(vm, ids, claims, groups);
    }

    /** Returns the number of devices of each resource. */
    private static Map<String, Long> counts(VmFacts vm) {
        return vm.devices().stream()
                .map(HostDevice::deviceName)
                .filter(Objects::nonNull)
                .collect(Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
    }

    private static DeviceAssignment assign(
            VmFacts vm, Map<String, Iterator<String>> ids, ClaimedDevice.Facts claims, GroupResolver groups) {
        List<GrantedDevice> devices = new ArrayList<>();
        Map<PciAddress, HostDevice> assigned = new HashMap<>();
        for (HostDevice device : vm.devices()) {
            String id;
            Optional<AssignableGroup> group;
            if (device.deviceName() == null) {
                switch (ClaimedDevice.of(device, claims)) {
                    case ClaimedDevice.Found found -> {
                        id = found.group().toString();
                        group = groups.functions(found.group());
                    }
                    case ClaimedDevice.Foreign foreign -> {
                        id = foreign.group().functions().getFirst().toString();
                        group = Optional.of(foreign.group());
                    }
                    case ClaimedDevice.NotFound notFound -> {
                        return new Unassigned(notFound.why());
                    }
                }
            } else {
                id = ids.getOrDefault(device.deviceName(), Collections.emptyIterator())
                        .next();
                group = GroupId.parse(id).flatMap(groups::functions);
            }
            Optional<Decision> twice = group.flatMap(found -> twice(device, found, assigned));
            if (twice.isPresent()) {
                return new Unassigned(twice.get());
            }
            if (group.isEmpty()) {
                String source = device.deviceName() == null ? "claim " + device.claimName() : device.deviceName();
                return new Unassigned(new Refuse(
                        RefusalCode.DEVICE_GONE,
                        "device " + id + " of " + source + " was allocated to the pod for \"" + device.name()
                                + "\", but cannot be used now: it has vanished, is blocked or is not responding; see the"
                                + " node's PassthroughNode"));
            }
            group.get().functions().forEach(function -> assigned.put(function, device));
            devices.add(granted(device, group.get(), vm.mainFunctionOnly()));
        }
        return new Assigned(devices);
    }

    /** Returns the refusal of a group of which another device of the VM has a function. */
    private static Optional<Decision> twice(
            HostDevice device, AssignableGroup group, Map<PciAddress, HostDevice> assigned) {
        return group.functions().stream()
                .filter(assigned::containsKey)
                .findFirst()
                .map(function -> new Refuse(
                        RefusalCode.DEVICE_GONE,
                        "devices \""
                                + Objects.requireNonNull(assigned.get(function)).name() + "\" and \""
                                + device.name() + "\" are allocated the same IOMMU group, with " + function
                                + "; a group is one device with all its functions; remove one of them from the VM, or"
                                + " delete the pod, so that its devices are allocated again"));
    }

    /**
     * Grants main functions only with a vIOMMU: QEMU would give every function its own address space, and refuses to put
     * one group into two.
     */
    private static GrantedDevice granted(HostDevice device, AssignableGroup group, boolean mainFunctionOnly) {
        List<PciAddress> functions = group.functions();
        return new GrantedDevice(
                device.name(),
                (mainFunctionOnly ? functions.subList(0, 1) : functions)
                        .stream().map(PciAddress::toString).toList(),
                group.iommuGroup(),
                group.numaNode());
    }

    private static Optional<Decision> objection(String resource, long wanted, long requested, int held) {
        if (requested != wanted || held > wanted) {
            return Optional.of(new Refuse(
                    RefusalCode.SPEC_CHANGED,
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
