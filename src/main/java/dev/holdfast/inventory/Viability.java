package dev.holdfast.inventory;

import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.Sriov;
import dev.holdfast.host.pci.VfioDrivers;
import dev.holdfast.host.pci.VfioState;
import dev.holdfast.pci.PciAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Checks whether a group can be passed through, and makes the message when not.
 *
 * <p>The kernel gives a group to user space only when no member is on a native driver; pci-stub, no driver, VFIO drivers and
 * bridges do not prevent it (vfio_dev_viable; since Linux 5.19 iommu_device_use_default_domain). QEMU opens /dev/vfio/GROUP
 * and requests from it each function that the guest gets, so VFIO must have those.
 */
final class Viability {
    private Viability() {}

    /**
     * All facts about a group.
     *
     * @param main     main function of the group
     * @param members  its endpoint functions
     * @param blockers members on a native driver, which may include the main function
     * @param unread   members that could not be read
     * @param use      uses of them by the host
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
     * Returns the message about what prevents a group from being passed through.
     *
     * @param functions all functions of the node, by address
     * @param readiness  of the host, which may prevent it for all groups
     * @param offered   whether a class would offer the group
     * @return null when it can be passed through
     */
    static @Nullable String message(
            Case group,
            Function<PciAddress, Optional<PciFunction>> functions,
            NodeReadiness readiness,
            boolean offered) {
        String then = offered ? ", then it will be offered" : ", then it can be passed through";
        PciFunction main = group.main();
        if (main.iommuGroup() == null) {
            return noGroup(main, readiness);
        }
        if (!group.unread().isEmpty()) {
            return DriverAdvice.names(group.unread()) + " of IOMMU group " + main.iommuGroup()
                    + " could not be read, so whether a native driver uses it is unknown; see the kernel log";
        }
        List<PciFunction> others = group.blockers().stream()
                .filter(blocker -> !blocker.equals(main))
                .toList();
        return vgpu(main, then)
                .or(() -> sriov(group, functions, then))
                .or(() -> noNode(main))
                .or(() -> new DriverAdvice(main, others, group.use(), then).message())
                .or(() -> readiness.obstacleOf(main.address()))
                .orElse(null);
    }

    private static String noGroup(PciFunction main, NodeReadiness readiness) {
        if (main.vfio() == VfioState.NO_IOMMU) {
            return main.address() + " is on " + main.driver()
                    + " in VFIO's no-IOMMU mode, which isolates nothing and which"
                    + " no VM can use; set enable_unsafe_noiommu_mode of the module vfio to N, enable the IOMMU (see the"
                    + " condition IommuEnabled), and bind it again";
        }
        return readiness.iommu().fails()
                ? main.address()
                        + " is in no IOMMU group, since this host uses no IOMMU; see the condition IommuEnabled"
                : main.address()
                        + " is in no IOMMU group, though others of this host are; move the card to another slot,"
                        + " or look for a firmware setting that excludes it from the IOMMU";
    }

    /**
     * Returns the message about a vGPU on its vendor's driver. Only that driver registers it with VFIO; with any other it
     * would stop being a vGPU.
     */
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
                                + " has not registered with VFIO; leave it on the vendor's driver, install the driver for vGPU hosts (on Linux 6.8"
                                + " or later), and set a vGPU type" + then);
    }

    /**
     * Returns the message about SR-IOV. vfio-pci refuses a function that has virtual functions enabled
     * (vfio_pci_core_register_device: -EBUSY), as their users are unknown to it. It opens a virtual function of a physical
     * function on vfio-pci only with a token that both share (vfio_pci_validate_vf_token), which QEMU does not get here.
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
                    + "), and vfio-pci cannot be bound while they are enabled; pass the virtual functions through instead, or,"
                    + " if they are not used, write 0 to /sys/bus/pci/devices/" + member.address() + "/sriov_numvfs"
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
                            + ", so it can be opened only with a token of both, which is not supported; bind "
                            + physical.address() + " to its native driver and enable its virtual functions there"
                            + then);
        }
        return Optional.empty();
    }

    private static Optional<String> noNode(PciFunction main) {
        return main.vfio() == VfioState.NO_NODE
                ? Optional.of(main.address() + " is bound to " + main.driver()
                        + ", but its IOMMU group has no device node /dev/vfio/"
                        + main.iommuGroup()
                        + ", which QEMU opens; see the kernel log (dmesg), and use a kernel built with"
                        + " CONFIG_VFIO_GROUP")
                : Optional.empty();
    }
}
