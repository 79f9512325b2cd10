package dev.holdfast.agent;

import dev.holdfast.host.Machine.Processor;
import dev.holdfast.host.PciAddress;
import dev.holdfast.host.PciFunction;
import dev.holdfast.host.Sriov;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whether a group can be passed through, and the sentence when not.
 *
 * <p>The kernel lets a group go to user space only when no member is on a driver of the kernel's own; pci-stub, no
 * driver and bridges do no harm (vfio_dev_viable; since Linux 5.19 iommu_device_use_default_domain). QEMU opens
 * /dev/vfio/GROUP and asks it for each function that the guest gets, so those have to be on vfio-pci.
 */
final class Viability {
    static final String VFIO_DRIVER = "vfio-pci";

    private static final Set<String> HARMLESS = Set.of(VFIO_DRIVER, "pci-stub");

    /** Every function of a group repeats the sentence: with each of hundreds named, the report would not fit in etcd. */
    private static final int NAMED = 8;

    private Viability() {}

    /**
     * All that is known of a group.
     *
     * @param main     what the group is known by
     * @param members  its endpoints
     * @param blockers those on a foreign driver, the main function perhaps among them
     * @param unread   those that nothing is known of
     */
    record Case(PciFunction main, List<PciFunction> members, List<PciFunction> blockers, List<PciAddress> unread) {}

    static boolean blocks(PciFunction function) {
        return !function.bridge() && function.driver() != null && !HARMLESS.contains(function.driver());
    }

    static boolean onVfio(PciFunction function) {
        return VFIO_DRIVER.equals(function.driver());
    }

    /**
     * What keeps a group from being passed through.
     *
     * @param functions every function of the node, by address
     * @param offered   whether a class would offer the group
     * @return null when nothing does
     */
    static @Nullable String message(
            Case group, Function<PciAddress, Optional<PciFunction>> functions, boolean offered) {
        String then = offered ? ", then it will be offered" : ", then it can be passed through";
        if (group.main().iommuGroup() == null) {
            return group.main().address() + " is in no IOMMU group; turn the IOMMU on in the firmware's setup ("
                    + Remedies.firmwareIommu(Processor.OTHER) + ") and by the kernel command line (intel_iommu=on)"
                    + then;
        }
        if (!group.unread().isEmpty()) {
            return "of IOMMU group " + group.main().iommuGroup() + ", "
                    + addresses(group.unread())
                    + " could not be read, so nobody knows whether a driver of the host uses it; look into the kernel's log";
        }
        return Stream.concat(Stream.of(group.main()), group.members().stream())
                .flatMap(member -> Stream.ofNullable(sriov(member, group.main(), functions, then)))
                .findFirst()
                .orElseGet(() -> drivers(group.main(), group.blockers(), then));
    }

    /**
     * vfio-pci refuses a function that has virtual functions enabled (vfio_pci_core_register_device: -EBUSY), as nobody
     * could say who has those; and of one that is on vfio-pci it opens a virtual function only to who knows a token that
     * both share (vfio_pci_validate_vf_token), which QEMU is not told here.
     */
    private static @Nullable String sriov(
            PciFunction member, PciFunction main, Function<PciAddress, Optional<PciFunction>> functions, String then) {
        boolean wanted = member.equals(main) || onVfio(member);
        if (wanted && member.virtualFunctions() > 0) {
            return member.address() + " has virtual functions enabled (" + member.virtualFunctions()
                    + "), and as long as it has, vfio-pci does not take it; write 0 to"
                    + " /sys/bus/pci/devices/" + member.address() + "/sriov_numvfs"
                    + (onVfio(member) ? "" : " and bind it to vfio-pci")
                    + then + ", or pass the virtual functions through instead";
        }
        if (wanted && member.sriov() instanceof Sriov.Virtual virtual) {
            return functions
                    .apply(virtual.physicalFunction())
                    .filter(Viability::onVfio)
                    .map(physical -> member.address() + " is a virtual function of " + physical.address()
                            + ", which is on vfio-pci, and then opens only by a token that both share; bind "
                            + physical.address() + " to its own driver and enable its virtual functions there" + then)
                    .orElse(null);
        }
        return null;
    }

    private static @Nullable String drivers(PciFunction main, List<PciFunction> blockers, String then) {
        List<PciFunction> others =
                blockers.stream().filter(blocker -> !blocker.equals(main)).toList();
        if (onVfio(main) && others.isEmpty()) {
            return null;
        }
        if (others.isEmpty()) {
            return main.address() + " " + driverOf(main) + "; bind it to vfio-pci" + then;
        }
        String shares = "shares IOMMU group " + main.iommuGroup() + " with "
                + others.stream()
                        .limit(NAMED)
                        .map(other -> other.address() + ", which " + driverOf(other))
                        .collect(Collectors.joining(", and "))
                + unnamed(others);
        String release = "bind "
                + addresses(others.stream().map(PciFunction::address).toList()) + " to vfio-pci or leave "
                + (others.size() == 1 ? "it" : "them") + " without a driver";
        return onVfio(main)
                ? main.address() + " " + shares + "; " + release + then
                : main.address() + " " + driverOf(main) + " and " + shares + "; bind " + main.address()
                        + " to vfio-pci, and " + release + then;
    }

    private static String driverOf(PciFunction function) {
        return function.driver() == null ? "has no driver" : "is bound to " + function.driver();
    }

    private static String addresses(List<PciAddress> addresses) {
        return addresses.stream().limit(NAMED).map(PciAddress::toString).collect(Collectors.joining(" and "))
                + unnamed(addresses);
    }

    private static String unnamed(List<?> all) {
        return all.size() <= NAMED ? "" : " and %d more".formatted(all.size() - NAMED);
    }
}
