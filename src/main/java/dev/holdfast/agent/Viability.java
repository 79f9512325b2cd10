package dev.holdfast.agent;

import dev.holdfast.host.PciFunction;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
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

    static boolean blocks(PciFunction function) {
        return !function.bridge() && function.driver() != null && !HARMLESS.contains(function.driver());
    }

    static boolean onVfio(PciFunction function) {
        return VFIO_DRIVER.equals(function.driver());
    }

    /**
     * What keeps a group from being passed through.
     *
     * @param main     what the group is known by
     * @param blockers all of the group, the main function perhaps among them
     * @param offered  whether a class would offer the group
     * @return null when nothing does
     */
    static @Nullable String message(PciFunction main, List<PciFunction> blockers, boolean offered) {
        String then = offered ? ", then it will be offered" : ", then it can be passed through";
        if (main.iommuGroup() == null) {
            return main.address() + " is in no IOMMU group; turn the IOMMU on in the machine's firmware (VT-d, AMD-Vi)"
                    + " and boot Intel machines with intel_iommu=on" + then;
        }
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
        String release = "bind " + addresses(others) + " to vfio-pci or leave " + (others.size() == 1 ? "it" : "them")
                + " without a driver";
        return onVfio(main)
                ? main.address() + " " + shares + "; " + release + then
                : main.address() + " " + driverOf(main) + " and " + shares + "; bind " + main.address()
                        + " to vfio-pci, and " + release + then;
    }

    private static String driverOf(PciFunction function) {
        return function.driver() == null ? "has no driver" : "is bound to " + function.driver();
    }

    private static String addresses(List<PciFunction> functions) {
        return functions.stream()
                        .limit(NAMED)
                        .map(function -> function.address().toString())
                        .collect(Collectors.joining(" and "))
                + unnamed(functions);
    }

    private static String unnamed(List<PciFunction> functions) {
        return functions.size() <= NAMED ? "" : " and %d more".formatted(functions.size() - NAMED);
    }
}
