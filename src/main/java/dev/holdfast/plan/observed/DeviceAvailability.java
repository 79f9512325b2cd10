package dev.holdfast.plan.observed;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.Reason;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.PassthroughNode;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What all nodes have of one device class, and whether one of them has enough of it for a VM. */
public final class DeviceAvailability {
    /** How many holders, or classes, a sentence names. */
    private static final int MAX_NAMED = 8;

    /** A device and the node it is in. */
    private record Seen(String node, ReportedDevice device) {}

    private final String resource;
    private final int count;
    private final List<PassthroughNode> nodes;
    private final List<Seen> seen;

    /**
     * Of an extended resource.
     *
     * @param count how many the VM wants
     */
    public DeviceAvailability(String resource, int count, List<PassthroughNode> nodes) {
        this.resource = resource;
        this.count = count;
        this.nodes = nodes;
        this.seen = nodes.stream()
                .map(ReportedNode::new)
                .flatMap(node -> node.devices()
                        .filter(device -> device.deviceClass()
                                .filter(deviceClass()::equals)
                                .isPresent())
                        .map(device -> new Seen(node.name(), device)))
                .toList();
    }

    /** Why no node can serve the VM, as far as devices go; empty when one can. */
    public Optional<Cause> obstacle(Set<String> classes) {
        if (!classes.contains(deviceClass())) {
            return Optional.of(unknownClass(classes));
        }
        if (seen.isEmpty()) {
            return Optional.of(nowhere());
        }
        if (most(EnumSet.of(DeviceState.Free)) >= count) {
            return Optional.empty();
        }
        if (most(EnumSet.of(DeviceState.Free, DeviceState.Allocated)) >= count) {
            return Optional.of(inUse());
        }
        // Of a big group only the device that stands for it says why.
        Optional<Seen> broken = first(device -> device.state() == DeviceState.NotViable && device.leadsGroup())
                .or(() -> first(device -> device.state() == DeviceState.NotViable));
        if (broken.isPresent()) {
            return Optional.of(notViable(broken.get()));
        }
        return first(device -> device.state() == DeviceState.Missing)
                .map(this::missing)
                .or(() -> first(device -> device.state() == DeviceState.Quarantined)
                        .map(this::quarantined))
                .or(() -> Optional.of(notEnough()));
    }

    /** Such as "1 of 3 nodes have a free holdfast.dev/a100". */
    public String free() {
        long able = perNode(EnumSet.of(DeviceState.Free)).values().stream()
                .filter(groups -> groups >= count)
                .count();
        return "%d of %d nodes have %s free %s".formatted(able, nodes.size(), count == 1 ? "a" : count, resource);
    }

    private String deviceClass() {
        return resource.substring(Names.RESOURCE_PREFIX.length());
    }

    private Cause unknownClass(Set<String> classes) {
        String known = classes.stream().sorted().limit(MAX_NAMED).collect(Collectors.joining(", "));
        return new Cause(
                Reason.DeviceClassUnknown,
                "no PassthroughDeviceClass %s exists; create it, or correct the deviceName %s of the VM: %s"
                        .formatted(
                                deviceClass(),
                                resource,
                                classes.isEmpty()
                                        ? "there is no class at all"
                                        : "there are the classes %s%s"
                                                .formatted(known, classes.size() > MAX_NAMED ? ", ..." : "")));
    }

    private Cause nowhere() {
        return new Cause(
                Reason.DeviceUnknown,
                nodes.isEmpty()
                        ? "no node has a %s, as no agent reports any node; ask a cluster administrator whether the agents run"
                                .formatted(resource)
                        : "0 of %d nodes have a %s: nothing that they report matches the selectors and the nodeSelector of `kubectl get ptclass %s -o yaml`; choose another class of `kubectl get ptclass`, or ask a cluster administrator to compare this one with `kubectl get ptnode -o yaml`"
                                .formatted(nodes.size(), resource, deviceClass()));
    }

    private Cause inUse() {
        String holders = seen.stream()
                .filter(found -> found.device().state() == DeviceState.Allocated)
                .map(found -> group(found) + " on " + found.node())
                .distinct()
                .sorted()
                .limit(MAX_NAMED)
                .collect(Collectors.joining(", "));
        return new Cause(
                Reason.DevicesInUse,
                "%s: pods hold %s; the VM starts when enough are free, so stop one of them or add devices"
                        .formatted(balance(), holders));
    }

    private Cause notViable(Seen broken) {
        ReportedDevice device = broken.device();
        String reason = device.message().orElseGet(() -> blockers(device));
        return new Cause(
                Reason.DeviceNotViable,
                "%s: %s on node %s cannot be passed through: %s"
                        .formatted(balance(), device.address(), broken.node(), reason));
    }

    private Cause missing(Seen missing) {
        return new Cause(
                Reason.DeviceMissing,
                "%s: %s on node %s has vanished from the bus; look at the kernel's log there, and at its power and slot"
                        .formatted(balance(), missing.device().address(), missing.node()));
    }

    private Cause quarantined(Seen silent) {
        ReportedDevice device = silent.device();
        return new Cause(
                Reason.DeviceQuarantined,
                "%s: %s on node %s is given to nobody: %s"
                        .formatted(
                                balance(),
                                device.address(),
                                silent.node(),
                                device.message().orElse("it did not answer after a VM had it; reset it")));
    }

    private Cause notEnough() {
        return new Cause(
                Reason.NotEnoughDevices,
                "%s: no node has more than %d of them; ask for fewer, or add devices to one node"
                        .formatted(balance(), most(EnumSet.of(DeviceState.Free, DeviceState.Allocated))));
    }

    /** What there is, by state: "0 of 3 nodes have a free holdfast.dev/a100 (2 in use, 1 not viable)". */
    private String balance() {
        String states = Stream.of(
                        counted(DeviceState.Free, "free"),
                        counted(DeviceState.Allocated, "in use"),
                        counted(DeviceState.NotViable, "not viable"),
                        counted(DeviceState.Missing, "missing"),
                        counted(DeviceState.Quarantined, "quarantined"))
                .flatMap(Optional::stream)
                .collect(Collectors.joining(", "));
        return "%s (%s)".formatted(free(), states);
    }

    private Optional<String> counted(DeviceState state, String word) {
        long groups = perNode(EnumSet.of(state)).values().stream()
                .mapToLong(Long::longValue)
                .sum();
        return groups == 0 ? Optional.empty() : Optional.of(groups + " " + word);
    }

    private static String blockers(ReportedDevice device) {
        return device.blockers().stream()
                        .map(blocker -> "%s is on driver %s".formatted(blocker.pciAddress(), blocker.driver()))
                        .collect(Collectors.joining(", "))
                + "; no function of its IOMMU group may stay on a driver of the host";
    }

    /** The largest number of groups in one of these states that a single node has: a pod cannot take from two. */
    private long most(Set<DeviceState> states) {
        Collection<Long> groups = perNode(states).values();
        return groups.stream().mapToLong(Long::longValue).max().orElse(0);
    }

    private Map<String, Long> perNode(Set<DeviceState> states) {
        return seen.stream()
                .filter(found -> states.contains(found.device().state()))
                .collect(Collectors.groupingBy(
                        Seen::node,
                        Collectors.collectingAndThen(
                                Collectors.mapping(DeviceAvailability::group, Collectors.toSet()),
                                groups -> (long) groups.size())));
    }

    private Optional<Seen> first(Predicate<ReportedDevice> wanted) {
        return seen.stream().filter(found -> wanted.test(found.device())).findFirst();
    }

    private static String group(Seen found) {
        return found.device().group();
    }
}
