package dev.holdfast.agent.report;

import dev.holdfast.agent.DeviceGroup;
import dev.holdfast.agent.Inventory;
import dev.holdfast.api.PassthroughNodeStatus;
import dev.holdfast.api.PassthroughNodeStatus.Bar;
import dev.holdfast.api.PassthroughNodeStatus.BarType;
import dev.holdfast.api.PassthroughNodeStatus.BindResult;
import dev.holdfast.api.PassthroughNodeStatus.Binding;
import dev.holdfast.api.PassthroughNodeStatus.Blocker;
import dev.holdfast.api.PassthroughNodeStatus.Device;
import dev.holdfast.api.PassthroughNodeStatus.State;
import dev.holdfast.api.StatusTexts;
import dev.holdfast.host.PciFunction;
import dev.holdfast.host.Sriov;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The devices in a node's status: what a class names, and what is in no class, so that it is seen why: displays,
 * accelerators, the switches between them, what else is on a GPU's board, and what the agent has yet to give back.
 *
 * <p>Each function of a group says what holds for the group, which is what a reader wants of a GPU and its two
 * companions. Of a group of hundreds that would be hundreds of lists of hundreds, and no object may have more than
 * 1.5 MiB; so there only the device that stands for the group has them, and the others name that one.
 *
 * @param busy        IDs of the groups that somebody holds
 * @param quarantined why nobody gets a group, by its ID
 * @param bindings    what became of binding them, by address
 */
record NodeDevices(Set<String> busy, Map<String, String> quarantined, Map<String, Binding> bindings) {
    /** A list in each of hundreds of functions of one group would be too much for one object. */
    private static final int NAMED_BLOCKERS = 8;

    /** More than any card with its companions has. */
    private static final int SMALL_GROUP = 16;

    private static final String UNTOLD = "0000";

    /** In address order; no more than the API server takes. */
    List<Device> of(Inventory inventory) {
        return inventory.groups().values().stream()
                .flatMap(this::devices)
                .limit(PassthroughNodeStatus.MAX_DEVICES)
                .toList();
    }

    private Stream<Device> devices(DeviceGroup group) {
        State state = state(group);
        if (group.members().isEmpty()) {
            return Stream.of(neverSeen(group, state));
        }
        boolean all = group.deviceClass() != null || group.gpuBeside() != null;
        return group.members().stream()
                .filter(member ->
                        all || member.display() || member.accelerator() || member.gpuSwitch() || toBeGivenBack(member))
                .map(member -> device(group, member, state));
    }

    /** Its class may be gone: who uninstalls sees by the report when the agent is no longer needed. */
    private boolean toBeGivenBack(PciFunction member) {
        Binding binding = bindings.get(member.address().toString());
        return binding != null && binding.result() != BindResult.Restored;
    }

    private State state(DeviceGroup group) {
        String id = group.id().toString();
        if (!group.present()) {
            return State.Missing;
        }
        if (busy.contains(id)) {
            return State.Allocated;
        }
        if (quarantined.containsKey(id)) {
            return State.Quarantined;
        }
        return group.viable() ? State.Free : State.NotViable;
    }

    private @Nullable String message(DeviceGroup group, State state) {
        String message = state == State.Quarantined ? quarantined.get(group.id().toString()) : group.message();
        return message == null ? null : StatusTexts.cut(message, StatusTexts.MAX_MESSAGE);
    }

    private Device device(DeviceGroup group, PciFunction member, State state) {
        String message = message(group, state);
        boolean whole =
                group.members().size() <= SMALL_GROUP || member.address().equals(group.id());
        Sriov.Physical physical = member.sriov() instanceof Sriov.Physical split ? split : null;
        return new Device(
                member.address().toString(),
                member.vendorID(),
                member.deviceID(),
                UNTOLD.equals(member.subsystemVendorID()) ? null : member.subsystemVendorID(),
                UNTOLD.equals(member.subsystemVendorID()) ? null : member.subsystemID(),
                member.classCode(),
                member.description(),
                group.present() ? member.driver() : null,
                member.iommuGroup(),
                whole
                        ? group.members().stream()
                                .map(each -> each.address().toString())
                                .limit(PassthroughNodeStatus.MAX_DEVICES)
                                .toList()
                        : null,
                group.id().toString(),
                group.viable(),
                whole ? blockers(group) : null,
                whole || message == null ? message : "see " + group.id() + ", which stands for the group",
                member.numaNode(),
                member.pcieRoot(),
                nullIfEmpty(member.bars().stream().map(NodeDevices::bar).toList()),
                nullIfEmpty(member.resetMethods()),
                member.bootVga() ? true : null,
                member.sriov() instanceof Sriov.Virtual virtual
                        ? virtual.physicalFunction().toString()
                        : null,
                physical == null ? null : physical.virtualFunctions(),
                physical == null ? null : physical.maxVirtualFunctions(),
                group.deviceClass(),
                state,
                bindings.get(member.address().toString()));
    }

    private static Bar bar(dev.holdfast.host.Bar bar) {
        return new Bar(bar.index(), bar.sizeBytes(), BarType.valueOf(bar.type().name()), bar.prefetchable());
    }

    /** All ones is what a read of a function that has left the bus gives. */
    private static Device neverSeen(DeviceGroup group, State state) {
        String id = group.id().toString();
        return new Device(
                id,
                "ffff",
                "ffff",
                null,
                null,
                "ffffff",
                null,
                null,
                null,
                null,
                id,
                false,
                null,
                group.message(),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                group.deviceClass(),
                state,
                null);
    }

    private static @Nullable List<Blocker> blockers(DeviceGroup group) {
        return nullIfEmpty(group.blockers().stream()
                .flatMap(blocker -> Stream.ofNullable(blocker.driver())
                        .map(driver -> new Blocker(blocker.address().toString(), driver)))
                .limit(NAMED_BLOCKERS)
                .toList());
    }

    private static <T> @Nullable List<T> nullIfEmpty(List<T> list) {
        return list.isEmpty() ? null : list;
    }
}
