package dev.holdfast.host.pci;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a machine and its kernel have for passing devices through, as far as sysfs tells. All of it is world-readable.
 *
 * @param processor           whose processors it has
 * @param architecture        of the processors in the kernel's words, x86 or aarch64 for instance; empty when untold
 * @param iommuGroups         whether the kernel has made IOMMU groups, those of VFIO's no-IOMMU mode aside
 * @param noIommuGroups       whether VFIO has made up groups in its no-IOMMU mode; told only when there are no others
 * @param firmwareIommu       whether the firmware describes an IOMMU
 * @param interruptRemapping  whether the kernel lets the IOMMU check interrupts
 * @param remappingHardware   whether the IOMMU could; tells by itself only on Intel machines
 * @param iommuAddressBits    width of the addresses that every IOMMU translates; null when none shows it
 * @param unsafeInterrupts    whether VFIO was told to do without
 * @param vfioDriver          whether the driver vfio-pci is there, or anything is on another driver of VFIO
 * @param vfioDevice          whether /dev/vfio/vfio is there
 * @param kvm                 whether the kernel serves /dev/kvm, which it does only with the processor's extensions on
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

    /** Before it was looked at. */
    public static final HostCapabilities UNSEEN = new HostCapabilities(
            Processor.OTHER, "", false, false, Seen.UNTOLD, Seen.UNTOLD, Seen.UNTOLD, null, false, false, false, false);

    private static final Set<String> X86 = Set.of("x86", "amd64", "x86_64");

    /** Returns whether virtual machines, which are x86-64, can run on its processors; true also when untold. */
    public boolean runsVms() {
        return isX86(architecture);
    }

    /** Returns whether this is x86 by any of its names, or untold. */
    static boolean isX86(String architecture) {
        return architecture.isEmpty() || X86.contains(architecture);
    }

    /** Whose processors, where that decides what is to be done. */
    public enum Processor {
        INTEL,
        AMD,
        ARM,
        /** Neither x86 nor 64-bit Arm. */
        FOREIGN,
        OTHER
    }

    /** A fact that not every kernel and not every container shows. */
    public enum Seen {
        YES,
        NO,
        /** Not shown; neither yes nor no. */
        UNTOLD
    }
}
