package dev.holdfast.host;

import org.jspecify.annotations.Nullable;

/**
 * What a machine and its kernel have for passing devices through, as far as sysfs tells. All of it is world-readable.
 *
 * @param processor           whose processors it has
 * @param iommuGroups         whether the kernel has made IOMMU groups
 * @param firmwareIommu       whether the firmware describes an IOMMU
 * @param interruptRemapping  whether the kernel lets the IOMMU check interrupts
 * @param remappingHardware   whether the IOMMU could; tells by itself only on Intel machines
 * @param iommuAddressBits    width of the addresses that every IOMMU translates; null when none shows it
 * @param unsafeInterrupts    whether VFIO was told to do without
 * @param vfioDriver          whether the driver vfio-pci is there
 * @param vfioDevice          whether /dev/vfio/vfio is there
 * @param kvm                 whether the kernel serves /dev/kvm, which it does only with the processor's extensions on
 */
public record Machine(
        Processor processor,
        boolean iommuGroups,
        Seen firmwareIommu,
        Seen interruptRemapping,
        Seen remappingHardware,
        @Nullable Integer iommuAddressBits,
        boolean unsafeInterrupts,
        boolean vfioDriver,
        boolean vfioDevice,
        boolean kvm) {

    /** Before it was looked at. */
    public static final Machine UNSEEN = new Machine(
            Processor.OTHER, false, Seen.UNTOLD, Seen.UNTOLD, Seen.UNTOLD, null, false, false, false, false);

    /** Whose processors, where that decides what is to be done. */
    public enum Processor {
        INTEL,
        AMD,
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
