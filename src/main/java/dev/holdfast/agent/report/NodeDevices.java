package dev.holdfast.agent.report;

import dev.holdfast.agent.DeviceGroup;
import dev.holdfast.agent.Inventory;
import dev.holdfast.api.PassthroughNodeStatus.Binding;
import dev.holdfast.api.PassthroughNodeStatus.Blocker;
import dev.holdfast.api.PassthroughNodeStatus.Device;
import dev.holdfast.api.PassthroughNodeStatus.State;
import dev.holdfast.host.PciFunction;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The devices in a node's status: what a class names, and every display that is in no class, so that it is seen why. */
final class NodeDevices {
    /** A list in each of hundreds of functions of one group would be too much for one object. */
    private static final int NAMED_BLOCKERS = 8;

    private NodeDevices() {}

    /**
     * In address order.
     *
     * @param held     IDs of the groups that somebody holds
     * @param bindings by address
     */
    static List<Device> of(Inventory inventory, Set<String> held, Map<String, Binding> bindings) {
        return inventory.groups().values().stream()
                .flatMap(group -> devices(group, held.contains(group.id().toString()), bindings))
                .toList();
    }

    private static Stream<Device> devices(DeviceGroup group, boolean held, Map<String, Binding> bindings) {
        State state = state(group, held);
        if (group.members().isEmpty()) {
            return Stream.of(neverSeen(group, state));
        }
        boolean named = group.deviceClass() != null;
        return group.members().stream()
                .filter(member -> named || member.display() && member.iommuGroup() != null)
                .map(member -> device(
                        group, member, state, bindings.get(member.address().toString())));
    }

    private static State state(DeviceGroup group, boolean held) {
        if (!group.present()) {
            return State.Missing;
        }
        if (held) {
            return State.Allocated;
        }
        return group.viable() ? State.Free : State.NotViable;
    }

    private static Device device(DeviceGroup group, PciFunction member, State state, @Nullable Binding binding) {
        return new Device(
                member.address().toString(),
                member.vendorID(),
                member.deviceID(),
                member.classCode(),
                group.present() ? member.driver() : null,
                member.iommuGroup(),
                group.members().stream().map(each -> each.address().toString()).toList(),
                group.id().toString(),
                group.viable(),
                blockers(group),
                group.message(),
                member.numaNode(),
                group.deviceClass(),
                state,
                binding);
    }

    /** All ones is what a read of a function that has left the bus gives. */
    private static Device neverSeen(DeviceGroup group, State state) {
        String id = group.id().toString();
        return new Device(
                id,
                "ffff",
                "ffff",
                "ffffff",
                null,
                null,
                null,
                id,
                false,
                null,
                group.message(),
                null,
                group.deviceClass(),
                state);
    }

    /** The same device in another state. */
    static Device inState(Device device, State state) {
        return new Device(
                device.pciAddress(),
                device.vendorID(),
                device.deviceID(),
                device.classCode(),
                device.driver(),
                device.iommuGroup(),
                device.groupMembers(),
                device.groupID(),
                device.viable(),
                device.blockers(),
                device.message(),
                device.numaNode(),
                device.deviceClass(),
                state,
                device.binding());
    }

    private static @Nullable List<Blocker> blockers(DeviceGroup group) {
        List<Blocker> blockers = group.blockers().stream()
                .flatMap(blocker -> Stream.ofNullable(blocker.driver())
                        .map(driver -> new Blocker(blocker.address().toString(), driver)))
                .limit(NAMED_BLOCKERS)
                .toList();
        return blockers.isEmpty() ? null : blockers;
    }
}
