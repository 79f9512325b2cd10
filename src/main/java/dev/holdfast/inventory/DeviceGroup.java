package dev.holdfast.inventory;

import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.VfioDrivers;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One IOMMU group, the unit that is handed out, or one function without any.
 *
 * @param id          the device ID at the kubelet: the address of the first display-class function, else the lowest;
 *                    never the group's number, which may change with a reboot
 * @param iommuGroup  the kernel's number; null when no IOMMU stands before it
 * @param present     whether it is on the bus; false for one that a pod holds and that has vanished
 * @param members     its endpoint functions in address order, as last seen
 * @param passed      what a guest gets: the members that VFIO has, the main one first; that alone when the class says so
 * @param deviceClass the class that offers it; null for none
 * @param blockers    functions of the group on a driver that keeps it from being passed through
 * @param message     what was found and what to do; null when it can be passed through as it is
 * @param gpuBeside   the GPU on whose board it is without having one itself; null for none
 */
public record DeviceGroup(
        PciAddress id,
        @Nullable Integer iommuGroup,
        boolean present,
        List<PciFunction> members,
        List<PciFunction> passed,
        @Nullable String deviceClass,
        List<PciFunction> blockers,
        @Nullable String message,
        @Nullable PciAddress gpuBeside) {
    public DeviceGroup {
        members = List.copyOf(members);
        passed = List.copyOf(passed);
        blockers = List.copyOf(blockers);
    }

    /**
     * A group that a pod holds and that is not on the bus any more.
     *
     * @param before the group when it was last seen; null when this agent never saw it
     */
    static DeviceGroup vanished(PciAddress id, String deviceClass, @Nullable DeviceGroup before) {
        return new DeviceGroup(
                id,
                before == null ? null : before.iommuGroup(),
                false,
                before == null ? List.of() : before.members(),
                List.of(),
                deviceClass,
                List.of(),
                id + " is a pod's and has vanished from the PCI bus; look into the kernel log of the node,"
                        + " and delete the pod to start it elsewhere",
                null);
    }

    /** Whether it can be passed through as it is. */
    public boolean viable() {
        return message == null;
    }

    /**
     * Returns whether people look for it when they look for what can be passed through: GPUs, accelerators, the switches
     * between them and what is on their boards, and all that VFIO has or is said to have.
     */
    public boolean ofInterest() {
        return ofInterest(members, gpuBeside);
    }

    static boolean ofInterest(List<PciFunction> members, @Nullable PciAddress gpuBeside) {
        return gpuBeside != null
                || members.stream()
                        .anyMatch(member -> member.display()
                                || member.accelerator()
                                || member.gpuSwitch()
                                || member.onVfio()
                                || VfioDrivers.isKnown(member.driver()));
    }

    /** Of the main function; null when the platform does not say. */
    public @Nullable Integer numaNode() {
        return main().map(PciFunction::numaNode).orElse(null);
    }

    /** The host bridge above the main function, pci0000:00 for instance; null when sysfs does not tell. */
    public @Nullable String pcieRoot() {
        return main().map(PciFunction::pcieRoot).orElse(null);
    }

    private Optional<PciFunction> main() {
        return members.stream().filter(member -> member.address().equals(id)).findFirst();
    }
}
