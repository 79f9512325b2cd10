package dev.holdfast.host.pci;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * VFIO drivers, which pass a PCI function to user space: the generic driver, and variants for one kind of device that add
 * what a migration or the device itself needs (Linux, drivers/vfio/pci; complete up to 7.1). A vendor's driver that
 * registers some of its functions with VFIO is not among them; it is recognized by what it has registered.
 */
public final class VfioDrivers {
    /** Generic driver, which can be bound to any function. */
    public static final String GENERIC = "vfio-pci";

    private static final String STUB = "pci-stub";

    /** Names in sysfs: the module's name with underscores. */
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

    /** Returns whether this is the generic driver or a variant driver. */
    public static boolean isKnown(@Nullable String driver) {
        return GENERIC.equals(driver) || isVariant(driver);
    }

    /** Returns whether this is a variant driver for one kind of device. */
    public static boolean isVariant(@Nullable String driver) {
        return driver != null && VARIANTS.contains(driver);
    }

    /**
     * Returns whether a function with this driver leaves its group free for user space: true for no driver, for pci-stub,
     * which does nothing, and for VFIO drivers.
     */
    public static boolean leavesGroupFree(@Nullable String driver) {
        return driver == null || STUB.equals(driver) || isKnown(driver);
    }
}
