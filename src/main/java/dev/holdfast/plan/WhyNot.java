package dev.holdfast.plan;

import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.PassthroughNodeStatus.Blocker;
import dev.holdfast.api.PassthroughNodeStatus.Device;
import dev.holdfast.api.PassthroughNodeStatus.State;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Why the devices keep a pod from being scheduled: what the scheduler's "Insufficient holdfast.dev/x" does not say. */
final class WhyNot {
    /** A device and the node it is in. */
    private record Seen(String node, Device device) {}

    private WhyNot() {}

    /**
     * The first device class that no node can serve; empty when the devices are not the obstacle.
     *
     * @param wanted how many of each extended resource
     */
    static Optional<Why> explain(SortedMap<String, Integer> wanted, List<PassthroughNode> nodes) {
        return wanted.entrySet().stream()
                .flatMap(entry -> explain(entry.getKey(), entry.getValue(), nodes).stream())
                .findFirst();
    }

    private static Optional<Why> explain(String resource, int count, List<PassthroughNode> nodes) {
        List<Seen> seen = nodes.stream()
                .flatMap(WhyNot::devices)
                .filter(found ->
                        resource.equals(Names.RESOURCE_PREFIX + found.device().deviceClass()))
                .toList();
        if (seen.isEmpty()) {
            return Optional.of(unknown(resource, nodes.size()));
        }
        if (most(seen, EnumSet.of(State.Free)) >= count) {
            return Optional.empty();
        }
        if (most(seen, EnumSet.of(State.Free, State.Allocated)) >= count) {
            return Optional.of(inUse(resource, count, seen));
        }
        // Of a big group only the device that stands for it says why.
        Optional<Seen> broken = first(
                        seen,
                        device -> device.state() == State.NotViable
                                && device.pciAddress().equals(device.groupID()))
                .or(() -> first(seen, device -> device.state() == State.NotViable));
        if (broken.isPresent()) {
            return Optional.of(notViable(resource, broken.get()));
        }
        Optional<Seen> missing = first(seen, device -> device.state() == State.Missing);
        if (missing.isPresent()) {
            return Optional.of(new Why(
                    "DeviceMissing",
                    "%s of %s on node %s has vanished from the bus; look at the kernel's log there, and at its power and slot"
                            .formatted(
                                    missing.get().device().pciAddress(),
                                    resource,
                                    missing.get().node())));
        }
        Optional<Seen> silent = first(seen, device -> device.state() == State.Quarantined);
        if (silent.isPresent()) {
            return Optional.of(quarantined(resource, silent.get()));
        }
        return Optional.of(new Why(
                "NotEnoughDevices",
                "the VM wants %d of %s, but no node has more than %d; ask for fewer, or add devices to one node"
                        .formatted(count, resource, most(seen, EnumSet.of(State.Free, State.Allocated)))));
    }

    private static Why unknown(String resource, int nodes) {
        String name = resource.substring(Names.RESOURCE_PREFIX.length());
        return new Why(
                "DeviceUnknown",
                ("none of the %d nodes with an agent has a device of class %s; check that `kubectl get ptclass %s` "
                                + "exists and that its selectors match a device of `kubectl get ptnode`")
                        .formatted(nodes, name, name));
    }

    private static Why inUse(String resource, int count, List<Seen> seen) {
        String holders = seen.stream()
                .filter(found -> found.device().state() == State.Allocated)
                .map(found -> group(found) + " on " + found.node())
                .distinct()
                .sorted()
                .limit(8)
                .collect(Collectors.joining(", "));
        return new Why(
                "DevicesInUse",
                "the VM wants %d of %s, and other pods hold %s; it starts when they are free, so stop one of them or add devices"
                        .formatted(count, resource, holders));
    }

    private static Why notViable(String resource, Seen broken) {
        Device device = broken.device();
        String reason = device.message() != null ? device.message() : blockers(device);
        return new Why(
                "DeviceNotViable",
                "%s of %s on node %s cannot be passed through: %s"
                        .formatted(device.pciAddress(), resource, broken.node(), reason));
    }

    private static Why quarantined(String resource, Seen silent) {
        Device device = silent.device();
        return new Why(
                "DeviceQuarantined",
                "%s of %s on node %s is given to nobody: %s"
                        .formatted(
                                device.pciAddress(),
                                resource,
                                silent.node(),
                                Objects.requireNonNullElse(
                                        device.message(), "it did not answer after a VM had it; reset it")));
    }

    private static String blockers(Device device) {
        List<Blocker> blockers = Objects.requireNonNullElse(device.blockers(), List.of());
        return blockers.stream()
                        .map(blocker -> "%s is on driver %s".formatted(blocker.pciAddress(), blocker.driver()))
                        .collect(Collectors.joining(", "))
                + "; bind its whole IOMMU group to vfio-pci";
    }

    /** The largest number of groups in one of these states that a single node has: a pod cannot take from two. */
    private static long most(List<Seen> seen, Set<State> states) {
        Collection<Long> perNode = seen.stream()
                .filter(found -> states.contains(found.device().state()))
                .collect(Collectors.groupingBy(
                        Seen::node,
                        Collectors.collectingAndThen(
                                Collectors.mapping(WhyNot::group, Collectors.toSet()), groups -> (long) groups.size())))
                .values();
        return perNode.stream().mapToLong(Long::longValue).max().orElse(0);
    }

    private static Optional<Seen> first(List<Seen> seen, Predicate<Device> wanted) {
        return seen.stream().filter(found -> wanted.test(found.device())).findFirst();
    }

    private static String group(Seen found) {
        return Objects.requireNonNullElse(
                found.device().groupID(), found.device().pciAddress());
    }

    private static Stream<Seen> devices(PassthroughNode node) {
        if (node.getStatus() == null || node.getStatus().devices() == null) {
            return Stream.empty();
        }
        return node.getStatus().devices().stream()
                .filter(device -> device.deviceClass() != null)
                .map(device -> new Seen(node.getMetadata().getName(), device));
    }
}
