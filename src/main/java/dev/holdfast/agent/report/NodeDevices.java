package dev.holdfast.agent.report;

import dev.holdfast.agent.DeviceGroup;
import dev.holdfast.agent.Inventory;
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
     * @param held        IDs of the groups that somebody holds
     * @param quarantined why nobody gets a group, by its ID
     */
    static List<Device> of(Inventory inventory, Set<String> held, Map<String, String> quarantined) {
        return inventory.groups().values().stream()
                .flatMap(group -> {
                    String id = group.id().toString();
                    return devices(group, held.contains(id), quarantined.get(id));
                })
                .toList();
    }

    private static Stream<Device> devices(DeviceGroup group, boolean held, @Nullable String quarantined) {
        State state = state(group, held, quarantined != null);
        if (group.members().isEmpty()) {
            return Stream.of(neverSeen(group, state));
        }
        boolean named = group.deviceClass() != null;
        return group.members().stream()
                .filter(member -> named || member.display() && member.iommuGroup() != null)
                .map(member -> device(group, member, state, message(group, state, quarantined)));
    }

    private static State state(DeviceGroup group, boolean held, boolean quarantined) {
        if (!group.present()) {
            return State.Missing;
        }
        if (held) {
            return State.Allocated;
        }
        if (quarantined) {
            return State.Quarantined;
        }
        return group.viable() ? State.Free : State.NotViable;
    }

    private static @Nullable String message(DeviceGroup group, State state, @Nullable String quarantined) {
        return state == State.Quarantined ? quarantined : group.message();
    }

    private static Device device(DeviceGroup group, PciFunction member, State state, @Nullable String message) {
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
                message,
                member.numaNode(),
                group.deviceClass(),
                state);
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
                state);
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
