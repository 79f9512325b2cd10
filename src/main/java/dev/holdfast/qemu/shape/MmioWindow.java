package dev.holdfast.qemu.shape;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Addresses above the guest's memory that firmware gives to 64-bit BARs. OVMF uses 32 GiB by default, or an eighth of what
 * the processor can address, and does not map a device whose BARs do not fit; SeaBIOS uses as much as required. The window
 * is therefore computed from the BARs for OVMF.
 *
 * @param bytes a power of two; 0 when no device has such a BAR
 */
public record MmioWindow(long bytes) {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    /** The minimum, which is OVMF's default since 2016. */
    private static final long LEAST_BYTES = 32 * GIB;

    // AMD's IOMMU reserves the addresses from here to 1 TiB, and QEMU moves memory above them (hw/i386/pc.c,
    // AMD_HT_START).
    private static final long AMD_HOLE_START = 1012 * GIB;
    private static final long AMD_HOLE_END = 1024 * GIB;

    /**
     * Returns the window for the BARs of devices.
     *
     * @param bars sizes of the 64-bit prefetchable BARs of each device, with all its functions; powers of two
     */
    public static MmioWindow of(Collection<List<Long>> bars) {
        long placed = placed(bars);
        if (placed == 0) {
            return new MmioWindow(0);
        }
        // OVMF reserves some for each root port, with or without a device, and more of a larger window: 1/256 was
        // measured.
        long spare = placed / 8 + bars.size() * GIB;
        return new MmioWindow(Math.max(LEAST_BYTES, powerOfTwo(placed + spare)));
    }

    /** Returns the size that a root port must reserve for its device: the largest power of two that its BARs fill. */
    public static long reserve(List<Long> bars) {
        return Long.highestOneBit(sum(bars) / MIB * MIB);
    }

    /**
     * Returns the size when placed as firmware does: the device with the largest BAR first, each at a multiple of its own
     * largest BAR. The BARs of a device, largest first, leave no gap.
     */
    private static long placed(Collection<List<Long>> bars) {
        long end = 0;
        for (List<Long> device : bars.stream()
                .sorted(Comparator.comparingLong(MmioWindow::largest).reversed())
                .toList()) {
            long alignment = Math.max(1, largest(device));
            end = ((end + alignment - 1) & -alignment) + sum(device);
        }
        return end;
    }

    private static long largest(List<Long> bars) {
        return bars.stream().mapToLong(Long::longValue).max().orElse(0);
    }

    private static long sum(List<Long> bars) {
        return bars.stream().mapToLong(Long::longValue).sum();
    }

    private static long powerOfTwo(long bytes) {
        return Long.highestOneBit(bytes - 1) << 1;
    }

    /** Returns the value for OVMF's fw_cfg file {@code opt/ovmf/X-PciMmio64Mb}. */
    public long mebibytes() {
        return bytes / MIB;
    }

    /**
     * Returns the address bits that the processor must have for guest memory and window: firmware places the window at a
     * multiple of its size.
     */
    public int addressBits(long memoryBytes) {
        long end = 4 * GIB + memoryBytes;
        if (end > AMD_HOLE_START) {
            end = AMD_HOLE_END + memoryBytes;
        }
        if (bytes > 0) {
            end = ((end + bytes - 1) & -bytes) + bytes;
        }
        return 64 - Long.numberOfLeadingZeros(end - 1);
    }
}
