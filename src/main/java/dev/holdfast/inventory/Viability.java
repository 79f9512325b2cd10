package dev.holdfast.inventory;

import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.Sriov;
import dev.holdfast.host.pci.VfioDrivers;
import dev.holdfast.host.pci.VfioState;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whether a group can be passed through, and the sentence when not.
 *
 * <p>The kernel lets a group go to user space only when no member is on a driver of the kernel's own; pci-stub, no
 * driver, drivers of VFIO and bridges do no harm (vfio_dev_viable; since Linux 5.19
 * iommu_device_use_default_domain). QEMU opens /dev/vfio/GROUP and asks it for each function that the guest gets, so
 * VFIO must have those.
 */
final class Viability {
    private Viability() {}

    /**
     * All that is known of a group.
     *
     * @param main     what the group is known by
     * @param members  its endpoints
     * @param blockers those on a foreign driver, the main function perhaps among them
     * @param unread   those that nothing is known of
     * @param use      what the host does with them
     */
    record Case(
            PciFunction main,
            List<PciFunction> members,
            List<PciFunction> blockers,
            List<PciAddress> unread,
            HostUse use) {}

    static boolean blocks(PciFunction function) {
        return !function.bridge() && !function.onVfio() && !VfioDrivers.leavesGroupFree(function.driver());
    }

    /**
     * What keeps a group from being passed through.
     *
     * @param functions every function of the node, by address
     * @param platform  of the host, which may keep all groups from it
     * @param offered   whether a class would offer the group
     * @return null when nothing does
     */
    static @Nullable String message(
            Case group,
            Function<PciAddress, Optional<PciFunction>> functions,
            NodeReadiness platform,
            boolean offered) {
        String then = offered ? ", then it will be offered" : ", then it can be passed through";
        PciFunction main = group.main();
        if (main.iommuGroup() == null) {
            return noGroup(main, platform);
        }
        if (!group.unread().isEmpty()) {
            return "of IOMMU group " + main.iommuGroup() + ", "
                    + DriverAdvice.names(group.unread())
                    + " could not be read, so nobody knows whether a driver of the host uses it; look into the kernel's log";
        }
        List<PciFunction> others = group.blockers().stream()
                .filter(blocker -> !blocker.equals(main))
                .toList();
        return vgpu(main, then)
                .or(() -> sriov(group, functions, then))
                .or(() -> noNode(main))
                .or(() -> new DriverAdvice(main, others, group.use(), then).message())
                .or(() -> platform.obstacleOf(main.address()))
                .orElse(null);
    }

    private static String noGroup(PciFunction main, NodeReadiness platform) {
        if (main.vfio() == VfioState.NO_IOMMU) {
            return main.address() + " is on " + main.driver()
                    + " in VFIO's no-IOMMU mode, which isolates nothing and which"
                    + " no VM can use; set enable_unsafe_noiommu_mode of the module vfio to N, turn the IOMMU on (see the"
                    + " condition IommuEnabled), and bind it again";
        }
        return platform.iommu().fails()
                ? main.address()
                        + " is in no IOMMU group, since this host has none at work; see the condition IommuEnabled"
                : main.address()
                        + " is in no IOMMU group, though others of this host are; move the card to another slot,"
                        + " or look for a setting of the firmware that keeps the IOMMU from this one";
    }

    /** A part of a GPU on its vendor's driver: that one makes it a device for VFIO, and any other would take it apart. */
    private static Optional<String> vgpu(PciFunction main, String then) {
        if (!main.vgpu()) {
            return Optional.empty();
        }
        String files = "/sys/bus/pci/devices/" + main.address() + "/nvidia/";
        if (main.vgpuTypeMissing()) {
            return Optional.of(main.address() + " has no vGPU type; write a number of " + files
                    + "creatable_vgpu_types to " + files + "current_vgpu_type" + then);
        }
        return main.onVfio()
                ? Optional.empty()
                : Optional.of(
                        main.address() + " is a virtual function that " + Objects.toString(main.driver(), "no driver")
                                + " has not handed to VFIO; leave it on the vendor's driver, install that of a vGPU host (on Linux 6.8"
                                + " or later), and set a vGPU type" + then);
    }

    /**
     * vfio-pci refuses a function that has virtual functions enabled (vfio_pci_core_register_device: -EBUSY), as nobody
     * could say who has those; and of one that is on vfio-pci it opens a virtual function only to who knows a token that
     * both share (vfio_pci_validate_vf_token), which QEMU is not told here.
     */
    private static Optional<String> sriov(
            Case group, Function<PciAddress, Optional<PciFunction>> functions, String then) {
        return Stream.concat(Stream.of(group.main()), group.members().stream().filter(PciFunction::onVfio))
                .flatMap(member -> sriov(member, group.use(), functions, then).stream())
                .findFirst();
    }

    private static Optional<String> sriov(
            PciFunction member, HostUse use, Function<PciAddress, Optional<PciFunction>> functions, String then) {
        if (member.virtualFunctions() > 0) {
            return Optional.of(member.address() + " has virtual functions enabled (" + member.virtualFunctions()
                    + "), and as long as it has, vfio-pci does not take it; pass the virtual functions through instead, or,"
                    + " when nobody uses them, write 0 to /sys/bus/pci/devices/" + member.address() + "/sriov_numvfs"
                    + (member.onVfio() ? "" : " and bind it to vfio-pci")
                    + then
                    + (member.onVfio() ? "" : DriverAdvice.warning(member, use)));
        }
        if (member.sriov() instanceof Sriov.Virtual virtual) {
            return functions
                    .apply(virtual.physicalFunction())
                    .filter(PciFunction::onVfio)
                    .map(physical -> member.address() + " is a virtual function of " + physical.address()
                            + ", which is on " + physical.driver()
                            + ", and then opens only by a token that both share; bind "
                            + physical.address() + " to its own driver and enable its virtual functions there" + then);
        }
        return Optional.empty();
    }

    private static Optional<String> noNode(PciFunction main) {
        return main.vfio() == VfioState.NO_NODE
                ? Optional.of(main.address() + " is bound to " + main.driver()
                        + ", but its IOMMU group has no device node /dev/vfio/"
                        + main.iommuGroup()
                        + ", which QEMU opens; see the kernel's log (dmesg), and use a kernel built with"
                        + " CONFIG_VFIO_GROUP")
                : Optional.empty();
    }
}
