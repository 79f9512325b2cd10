package dev.holdfast.agent.report;

import dev.holdfast.api.StatusTexts;
import dev.holdfast.api.node.BarType;
import dev.holdfast.api.node.BindResult;
import dev.holdfast.api.node.Blocker;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceBar;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.DriverBinding;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.Sriov;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Devices in the status of a node: those that a class selects, and those without a class for which users look for a
 * reason: displays, accelerators, the switches between them, the other functions of a GPU's board, and functions that
 * the agent has yet to give back.
 *
 * <p>Each function of a group has the details of the group, which is what a reader needs of a GPU and its two
 * companions. In a group of hundreds there would be hundreds of lists of hundreds, and an object may have at most 1.5
 * MiB. In such a group only the device that represents the group has the details, and the others refer to it.
 *
 * @param busy        main functions of held groups, and functions of grants
 * @param quarantined reason why a group is not offered, by its ID
 * @param bindings    result of binding, by address
 * @param notOffered  reason why a free group is not offered by the path of its class, or why another driver must not offer
 *                    it, by its ID
 */
record NodeDevices(
        Set<PciAddress> busy,
        Map<GroupId, String> quarantined,
        Map<PciAddress, DriverBinding> bindings,
        Map<GroupId, String> notOffered) {
    /**
     * Maximum number of named blockers: a list in each of hundreds of functions of one group would be too much for one
     * object.
     */
    private static final int NAMED_BLOCKERS = 8;

    /** Maximum size of a group whose functions all have the details: more than a card with its companions. */
    private static final int SMALL_GROUP = 16;

    private static final String UNKNOWN_ID = "0000";

    /** Returns the devices in the order of their addresses, at most as many as the API server accepts. */
    List<Device> of(Inventory inventory) {
        return inventory.groups().values().stream()
                .flatMap(this::devices)
                .limit(PassthroughNodeStatus.MAX_DEVICES)
                .toList();
    }

    private Stream<Device> devices(DeviceGroup group) {
        DeviceState state = state(group);
        if (group.members().isEmpty()) {
            return Stream.of(neverSeen(group, state));
        }
        boolean all = group.deviceClass() != null || group.gpuOnSameBoard() != null;
        return group.members().stream()
                .filter(member ->
                        all || member.display() || member.accelerator() || member.gpuSwitch() || toBeGivenBack(member))
                .map(member -> device(group, member, state));
    }

    /** Returns whether the agent has bound it. Its class may be gone; the report shows when the agent is not needed any more. */
    private boolean toBeGivenBack(PciFunction member) {
        DriverBinding binding = bindings.get(member.address());
        return binding != null && binding.result() != BindResult.Restored;
    }

    private DeviceState state(DeviceGroup group) {
        if (!group.present()) {
            return DeviceState.Missing;
        }
        // Of a group that another driver gives to a VM, that may be any function.
        if (busy.contains(group.id().main())
                || group.members().stream().map(PciFunction::address).anyMatch(busy::contains)) {
            return DeviceState.Allocated;
        }
        if (quarantined.containsKey(group.id())) {
            return DeviceState.Quarantined;
        }
        return group.viable() ? DeviceState.Free : DeviceState.NotViable;
    }

    private @Nullable String message(DeviceGroup group, DeviceState state) {
        String message = switch (state) {
            case Quarantined -> quarantined.get(group.id());
            case Free -> notOffered.get(group.id());
            case Allocated -> group.viable() ? notOffered.get(group.id()) : group.message();
            default -> group.message();
        };
        return message == null ? null : StatusTexts.cut(message, StatusTexts.MAX_MESSAGE);
    }

    private Device device(DeviceGroup group, PciFunction member, DeviceState state) {
        String message = message(group, state);
        boolean whole = group.members().size() <= SMALL_GROUP
                || member.address().equals(group.id().main());
        Sriov.Physical physical = member.sriov() instanceof Sriov.Physical split ? split : null;
        return new Device(
                member.address().toString(),
                member.vendorID(),
                member.deviceID(),
                UNKNOWN_ID.equals(member.subsystemVendorID()) ? null : member.subsystemVendorID(),
                UNKNOWN_ID.equals(member.subsystemVendorID()) ? null : member.subsystemID(),
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
                whole || message == null ? message : "see " + group.id() + ", which represents the group",
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
                bindings.get(member.address()));
    }

    private static DeviceBar bar(dev.holdfast.host.pci.Bar bar) {
        return new DeviceBar(
                bar.index(), bar.sizeBytes(), BarType.valueOf(bar.type().name()), bar.prefetchable());
    }

    /** Returns a device that was never read. All ones are what a read of a function returns that has left the bus. */
    private static Device neverSeen(DeviceGroup group, DeviceState state) {
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
