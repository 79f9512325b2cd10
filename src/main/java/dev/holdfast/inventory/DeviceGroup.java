package dev.holdfast.inventory;

import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.VfioDrivers;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An IOMMU group, which is the unit of passthrough, or a function without a group.
 *
 * @param id          device ID for the kubelet
 * @param iommuGroup  the kernel's number; null when the function is behind no IOMMU
 * @param present     whether it is on the bus; false for a vanished group that a pod holds
 * @param members     its endpoint functions in address order, as last seen
 * @param passed      functions that a guest gets: the members that VFIO has, starting with the main function; only the main
 *                    function when the class says so
 * @param deviceClass the class that offers it; null for none
 * @param blockers    functions of the group whose driver prevents it from being passed through
 * @param message     what was found and what to do; null when it can be passed through as it is
 * @param gpuOnSameBoard   the GPU on whose board the group's functions are, when the group has no GPU itself; null for none
 */
public record DeviceGroup(
        GroupId id,
        @Nullable Integer iommuGroup,
        boolean present,
        List<PciFunction> members,
        List<PciFunction> passed,
        @Nullable String deviceClass,
        List<PciFunction> blockers,
        @Nullable String message,
        @Nullable PciAddress gpuOnSameBoard) {
    public DeviceGroup {
        members = List.copyOf(members);
        passed = List.copyOf(passed);
        blockers = List.copyOf(blockers);
    }

    /**
     * Returns a group that a pod holds and that has vanished from the bus.
     *
     * @param before the group when it was last seen; null when this agent never saw it
     */
    static DeviceGroup vanished(GroupId id, String deviceClass, @Nullable DeviceGroup before) {
        return new DeviceGroup(
                id,
                before == null ? null : before.iommuGroup(),
                false,
                before == null ? List.of() : before.members(),
                List.of(),
                deviceClass,
                List.of(),
                id + " belongs to a pod and has vanished from the PCI bus; see the kernel log of the node,"
                        + " and delete the pod to start it on another node",
                null);
    }

    /** Returns whether it can be passed through as it is. */
    public boolean viable() {
        return message == null;
    }

    /**
     * Returns whether it is shown among the devices to pass through: GPUs, accelerators, the switches between them, other
     * functions on their boards, and all that VFIO has or that a class offers.
     */
    public boolean ofInterest() {
        return ofInterest(members, gpuOnSameBoard);
    }

    static boolean ofInterest(List<PciFunction> members, @Nullable PciAddress gpuOnSameBoard) {
        return gpuOnSameBoard != null
                || members.stream()
                        .anyMatch(member -> member.display()
                                || member.accelerator()
                                || member.gpuSwitch()
                                || member.onVfio()
                                || VfioDrivers.isKnown(member.driver()));
    }

    /** Returns the NUMA node of the main function; null when unknown. */
    public @Nullable Integer numaNode() {
        return main().map(PciFunction::numaNode).orElse(null);
    }

    /** Returns the host bridge above the main function, such as pci0000:00; null when unknown. */
    public @Nullable String pcieRoot() {
        return main().map(PciFunction::pcieRoot).orElse(null);
    }

    /** Returns the main function as last seen; empty when it was never seen. */
    public Optional<PciFunction> main() {
        return members.stream()
                .filter(member -> member.address().equals(id.main()))
                .findFirst();
    }
}
