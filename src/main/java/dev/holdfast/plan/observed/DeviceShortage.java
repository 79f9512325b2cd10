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

/** Devices of one class on all nodes, and whether one node has enough of them for a VM. */
public final class DeviceShortage {
    /** Maximum number of devices, or classes, that a message names. */
    private static final int MAX_NAMED = 8;

    /** A device and its node. */
    private record OnNode(String node, ReportedDevice device) {}

    private final String resource;
    private final int count;
    private final List<PassthroughNode> nodes;
    private final List<OnNode> found;

    /**
     * Collects the reported devices of an extended resource.
     *
     * @param count number of devices that the VM requests
     */
    public DeviceShortage(String resource, int count, List<PassthroughNode> nodes) {
        this.resource = resource;
        this.count = count;
        this.nodes = nodes;
        this.found = nodes.stream()
                .map(ReportedNode::new)
                .flatMap(node -> node.devices()
                        .filter(device -> device.deviceClass()
                                .filter(deviceClass()::equals)
                                .isPresent())
                        .map(device -> new OnNode(node.name(), device)))
                .toList();
    }

    /** Returns why no node has enough devices for the VM; empty when one has. */
    public Optional<Cause> obstacle(Set<String> classes) {
        if (!classes.contains(deviceClass())) {
            return Optional.of(unknownClass(classes));
        }
        if (found.isEmpty()) {
            return Optional.of(nowhere());
        }
        if (most(EnumSet.of(DeviceState.Free)) >= count) {
            return Optional.empty();
        }
        if (most(EnumSet.of(DeviceState.Free, DeviceState.Allocated)) >= count) {
            return Optional.of(inUse());
        }
        // In a large group only the device that leads it has the reason.
        Optional<OnNode> unviable = first(device -> device.state() == DeviceState.NotViable && device.leadsGroup())
                .or(() -> first(device -> device.state() == DeviceState.NotViable));
        if (unviable.isPresent()) {
            return Optional.of(notViable(unviable.get()));
        }
        return first(device -> device.state() == DeviceState.Missing)
                .map(this::missing)
                .or(() -> first(device -> device.state() == DeviceState.Quarantined)
                        .map(this::quarantined))
                .or(() -> Optional.of(notEnough()));
    }

    /** Returns the number of nodes with enough free devices, such as "1 of 3 nodes have a free holdfast.dev/a100". */
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
                "PassthroughDeviceClass %s not found (%s); create it, or correct the deviceName %s of the VM"
                        .formatted(
                                deviceClass(),
                                classes.isEmpty()
                                        ? "no device class exists"
                                        : "existing classes: %s%s"
                                                .formatted(known, classes.size() > MAX_NAMED ? ", ..." : ""),
                                resource));
    }

    private Cause nowhere() {
        return new Cause(
                Reason.DeviceUnknown,
                nodes.isEmpty()
                        ? "no node has a %s because no agent reports a node; ask a cluster administrator to check that the agents run"
                                .formatted(resource)
                        : "0 of %d nodes have a %s: no reported device matches the selectors and the nodeSelector in `kubectl get ptclass %s -o yaml`; use another class of `kubectl get ptclass`, or ask a cluster administrator to compare the class with `kubectl get ptnode -o yaml`"
                                .formatted(nodes.size(), resource, deviceClass()));
    }

    private Cause inUse() {
        String holders = found.stream()
                .filter(found -> found.device().state() == DeviceState.Allocated)
                .map(found -> group(found) + " on " + found.node())
                .distinct()
                .sorted()
                .limit(MAX_NAMED)
                .collect(Collectors.joining(", "));
        return new Cause(
                Reason.DevicesInUse,
                "%s: pods use %s; the VM starts when enough devices are free; stop one of these pods, or add devices"
                        .formatted(counts(), holders));
    }

    private Cause notViable(OnNode unviable) {
        ReportedDevice device = unviable.device();
        String reason = device.message().orElseGet(() -> blockers(device));
        return new Cause(
                Reason.DeviceNotViable,
                "%s: %s on node %s cannot be passed through: %s"
                        .formatted(counts(), device.address(), unviable.node(), reason));
    }

    private Cause missing(OnNode missing) {
        return new Cause(
                Reason.DeviceMissing,
                "%s: %s on node %s vanished from the PCI bus; check the kernel log of the node, and the device's power and slot"
                        .formatted(counts(), missing.device().address(), missing.node()));
    }

    private Cause quarantined(OnNode quarantined) {
        ReportedDevice device = quarantined.device();
        return new Cause(
                Reason.DeviceQuarantined,
                "%s: %s on node %s is quarantined: %s"
                        .formatted(
                                counts(),
                                device.address(),
                                quarantined.node(),
                                device.message().orElse("it was not responding after use by a VM; reset it")));
    }

    private Cause notEnough() {
        return new Cause(
                Reason.NotEnoughDevices,
                "%s: no node has more than %d of them; request fewer devices, or add devices to one node"
                        .formatted(counts(), most(EnumSet.of(DeviceState.Free, DeviceState.Allocated))));
    }

    /** Returns the counts by state: "0 of 3 nodes have a free holdfast.dev/a100 (2 in use, 1 not viable)". */
    private String counts() {
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

    private Optional<String> counted(DeviceState state, String label) {
        long groups = perNode(EnumSet.of(state)).values().stream()
                .mapToLong(Long::longValue)
                .sum();
        return groups == 0 ? Optional.empty() : Optional.of(groups + " " + label);
    }

    private static String blockers(ReportedDevice device) {
        return device.blockers().stream()
                        .map(blocker -> "%s is bound to driver %s".formatted(blocker.pciAddress(), blocker.driver()))
                        .collect(Collectors.joining(", "))
                + "; no function of the IOMMU group may be bound to a native driver";
    }

    /** Returns the largest number of groups in these states on a single node, as a pod cannot use devices of two nodes. */
    private long most(Set<DeviceState> states) {
        Collection<Long> groups = perNode(states).values();
        return groups.stream().mapToLong(Long::longValue).max().orElse(0);
    }

    private Map<String, Long> perNode(Set<DeviceState> states) {
        return found.stream()
                .filter(found -> states.contains(found.device().state()))
                .collect(Collectors.groupingBy(
                        OnNode::node,
                        Collectors.collectingAndThen(
                                Collectors.mapping(DeviceShortage::group, Collectors.toSet()),
                                groups -> (long) groups.size())));
    }

    private Optional<OnNode> first(Predicate<ReportedDevice> filter) {
        return found.stream().filter(found -> filter.test(found.device())).findFirst();
    }

    private static String group(OnNode found) {
        return found.device().group();
    }
}
