package dev.holdfast.plan.observed;

import dev.holdfast.api.Names;
import dev.holdfast.api.StatusTexts;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassStatus;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.plan.machine.Given;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The statuses of all device classes, computed from the reports of all nodes. */
public final class ClassSummary {
    private static final Set<DeviceState> USABLE = EnumSet.of(DeviceState.Free, DeviceState.Allocated);

    /** An IOMMU group with its node, as addresses are unique only within a node. */
    private record Group(String node, String id) {}

    private final Map<String, Set<Group>> devices = new HashMap<>();
    private final Map<String, Set<Group>> usable = new HashMap<>();

    public ClassSummary(Collection<PassthroughNode> nodes) {
        nodes.stream().map(ReportedNode::new).forEach(this::count);
    }

    private void count(ReportedNode node) {
        node.devices()
                .forEach(device -> device.deviceClass().ifPresent(deviceClass -> {
                    Group group = new Group(node.name(), device.group());
                    devices.computeIfAbsent(deviceClass, none -> new HashSet<>())
                            .add(group);
                    if (USABLE.contains(device.state())) {
                        usable.computeIfAbsent(deviceClass, none -> new HashSet<>())
                                .add(group);
                    }
                }));
    }

    /** Returns the status that the class should have. */
    public PassthroughDeviceClassStatus of(PassthroughDeviceClass deviceClass) {
        String name = deviceClass.getMetadata().getName();
        Set<Group> usableGroups = usable.getOrDefault(name, Set.of());
        return new PassthroughDeviceClassStatus(
                Names.resourceOf(name),
                StatusTexts.cut(selectors(deviceClass), PassthroughDeviceClassStatus.MAX_SELECTORS),
                devices.getOrDefault(name, Set.of()).size(),
                usableGroups.size(),
                (int) usableGroups.stream().map(Group::node).distinct().count());
    }

    private static String selectors(PassthroughDeviceClass deviceClass) {
        return Given.list(Given.of(deviceClass.getSpec(), PassthroughDeviceClassSpec::selectors)).stream()
                .map(ClassSummary::text)
                .collect(Collectors.joining(", "));
    }

    /** Returns a short form such as {@code 10de:2236 class 0302}, with an asterisk for an unrestricted part. */
    private static String text(Selector selector) {
        return Stream.of(
                        pair(Given.of(selector.vendorID()), Given.of(selector.deviceID())),
                        pair(Given.of(selector.subsystemVendorID()), Given.of(selector.subsystemID()))
                                .map(pair -> "subsystem " + pair),
                        Given.of(selector.classCode()).map(code -> "class " + code),
                        Given.of(selector.address()).filter(address -> !address.isEmpty()))
                .flatMap(Optional::stream)
                .collect(Collectors.joining(" "));
    }

    private static Optional<String> pair(Optional<String> vendor, Optional<String> device) {
        return vendor.or(() -> device).map(either -> vendor.orElse("*") + ":" + device.orElse("*"));
    }
}
