package dev.holdfast.host.pci;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Capabilities of a host and its kernel for passing devices through, as shown by sysfs. All of these files are
 * world-readable.
 *
 * @param processor           vendor of its processors
 * @param architecture        of the processors by the kernel's name, such as x86 or aarch64; empty when unknown
 * @param iommuGroups         whether the kernel has made IOMMU groups, apart from those of VFIO's no-IOMMU mode
 * @param noIommuGroups       whether VFIO has made groups in its no-IOMMU mode; determined only when there are no others
 * @param firmwareIommu       whether the firmware describes an IOMMU
 * @param interruptRemapping  whether the kernel uses the IOMMU's interrupt remapping
 * @param remappingHardware   whether the IOMMU supports it; shown separately only on Intel hosts
 * @param iommuAddressBits    width of the addresses that every IOMMU translates; null when unknown
 * @param unsafeInterrupts    whether VFIO is configured to work without interrupt remapping
 * @param vfioDriver          whether the driver vfio-pci is loaded, or a function is on another VFIO driver
 * @param vfioDevice          whether /dev/vfio/vfio exists
 * @param kvm                 whether the kernel provides /dev/kvm, which it does only when virtualization is enabled on the
 *                            processor
 */
public record HostCapabilities(
        Processor processor,
        String architecture,
        boolean iommuGroups,
        boolean noIommuGroups,
        Seen firmwareIommu,
        Seen interruptRemapping,
        Seen remappingHardware,
        @Nullable Integer iommuAddressBits,
        boolean unsafeInterrupts,
        boolean vfioDriver,
        boolean vfioDevice,
        boolean kvm) {

    /** Value before the first observation. */
    public static final HostCapabilities UNSEEN = new HostCapabilities(
            Processor.OTHER,
            "",
            false,
            false,
            Seen.UNKNOWN,
            Seen.UNKNOWN,
            Seen.UNKNOWN,
            null,
            false,
            false,
            false,
            false);

    private static final Set<String> X86 = Set.of("x86", "amd64", "x86_64");

    /** Returns whether virtual machines, which are x86-64, can run on its processors; true also when unknown. */
    public boolean runsVms() {
        return isX86(architecture);
    }

    /** Returns whether this is one of the names of x86, or unknown. */
    static boolean isX86(String architecture) {
        return architecture.isEmpty() || X86.contains(architecture);
    }

    /** Vendor of the processors, as far as remedies depend on it. */
    public enum Processor {
        INTEL,
        AMD,
        ARM,
        /** Neither x86 nor 64-bit Arm. */
        FOREIGN,
        OTHER
    }

    /** A fact that some kernels and some containers do not show. */
    public enum Seen {
        YES,
        NO,
        /** Unknown. */
        UNKNOWN
    }
}
