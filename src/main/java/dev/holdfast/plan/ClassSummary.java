package dev.holdfast.plan;

import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughDeviceClass;
import dev.holdfast.api.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.api.PassthroughDeviceClassStatus;
import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.PassthroughNodeStatus.Device;
import dev.holdfast.api.PassthroughNodeStatus.State;
import dev.holdfast.api.StatusTexts;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The statuses of all device classes, from one look at the reports of all nodes. */
public final class ClassSummary {
    private static final Set<State> USABLE = EnumSet.of(State.Free, State.Allocated);

    /** A group of one node: addresses are unique on a node only. */
    private record Group(String node, String id) {}

    private final Map<String, Set<Group>> devices = new HashMap<>();
    private final Map<String, Set<Group>> usable = new HashMap<>();

    public ClassSummary(Collection<PassthroughNode> nodes) {
        nodes.forEach(this::count);
    }

    private void count(PassthroughNode node) {
        String name = node.getMetadata().getName();
        for (Device device : devices(node)) {
            String deviceClass = device.deviceClass();
            if (deviceClass != null) {
                Group group = new Group(name, Objects.requireNonNullElse(device.groupID(), device.pciAddress()));
                devices.computeIfAbsent(deviceClass, none -> new HashSet<>()).add(group);
                if (USABLE.contains(device.state())) {
                    usable.computeIfAbsent(deviceClass, none -> new HashSet<>()).add(group);
                }
            }
        }
    }

    /** Returns the status that the class should have. */
    public PassthroughDeviceClassStatus of(PassthroughDeviceClass deviceClass) {
        String name = deviceClass.getMetadata().getName();
        Set<Group> good = usable.getOrDefault(name, Set.of());
        return new PassthroughDeviceClassStatus(
                Names.resourceOf(name),
                StatusTexts.cut(selectors(deviceClass), PassthroughDeviceClassStatus.MAX_SELECTORS),
                devices.getOrDefault(name, Set.of()).size(),
                good.size(),
                (int) good.stream().map(Group::node).distinct().count());
    }

    private static List<Device> devices(PassthroughNode node) {
        return node.getStatus() == null
                ? List.of()
                : Objects.requireNonNullElse(node.getStatus().devices(), List.<Device>of());
    }

    private static String selectors(PassthroughDeviceClass deviceClass) {
        return deviceClass.getSpec() == null
                ? ""
                : Objects.requireNonNullElse(deviceClass.getSpec().selectors(), List.<Selector>of()).stream()
                        .map(ClassSummary::words)
                        .collect(Collectors.joining(", "));
    }

    /** Such as {@code 10de:2236 class 0302}; a star for a part that may be anything. */
    private static String words(Selector selector) {
        return Stream.of(
                        pair("", selector.vendorID(), selector.deviceID()),
                        pair("subsystem ", selector.subsystemVendorID(), selector.subsystemID()),
                        selector.classCode() == null ? "" : "class " + selector.classCode(),
                        Objects.requireNonNullElse(selector.address(), ""))
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(" "));
    }

    private static String pair(String name, @Nullable String vendor, @Nullable String device) {
        return vendor == null && device == null
                ? ""
                : name + Objects.requireNonNullElse(vendor, "*") + ":" + Objects.requireNonNullElse(device, "*");
    }
}
