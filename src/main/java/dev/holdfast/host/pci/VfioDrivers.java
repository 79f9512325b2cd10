package dev.holdfast.host.pci;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The drivers that hand a PCI function to user space: the generic one, and the variants for one kind of device, which
 * add to it what a migration or the device itself needs (Linux, drivers/vfio/pci; these are all up to 7.1). A driver of
 * a vendor that hands over a part of its functions is none of them; it is known by what it has registered.
 */
public final class VfioDrivers {
    /** Takes any function that it is told to. */
    public static final String GENERIC = "vfio-pci";

    private static final String STUB = "pci-stub";

    /** As sysfs spells them: the module's name with underscores. */
    private static final Set<String> VARIANTS = Set.of(
            "hisi_acc_vfio_pci",
            "ism_vfio_pci",
            "mlx5_vfio_pci",
            "nvgrace_gpu_vfio_pci",
            "pds_vfio_pci",
            "qat_vfio_pci",
            "virtio_vfio_pci",
            "xe_vfio_pci");

    private VfioDrivers() {}

    /** Returns whether this is the generic driver or a variant. */
    public static boolean isKnown(@Nullable String driver) {
        return GENERIC.equals(driver) || isVariant(driver);
    }

    /** Returns whether this is a variant for one kind of device. */
    public static boolean isVariant(@Nullable String driver) {
        return driver != null && VARIANTS.contains(driver);
    }

    /**
     * Returns whether a function with this driver leaves its group free for user space: with none, with pci-stub, which
     * does nothing, and with a driver of VFIO.
     */
    public static boolean leavesGroupFree(@Nullable String driver) {
        return driver == null || STUB.equals(driver) || isKnown(driver);
    }
}
