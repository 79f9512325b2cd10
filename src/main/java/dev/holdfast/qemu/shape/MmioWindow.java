package dev.holdfast.qemu.shape;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * The addresses above the guest's memory that firmware gives to 64-bit BARs. OVMF has 32 GiB of them, or an eighth of
 * what the processor can address, and leaves a device without when its BARs do not fit; SeaBIOS takes what it needs. So
 * for OVMF the window is computed from the BARs.
 *
 * @param bytes a power of two; 0 when no device has such a BAR
 */
public record MmioWindow(long bytes) {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    /** What OVMF has had for its default since 2016: never less. */
    private static final long LEAST_BYTES = 32 * GIB;

    // From here on AMD's IOMMU wants the addresses below 1 TiB for itself, and QEMU moves memory behind that
    // (hw/i386/pc.c, AMD_HT_START).
    private static final long AMD_HOLE_START = 1012 * GIB;
    private static final long AMD_HOLE_END = 1024 * GIB;

    /**
     * For these devices.
     *
     * @param bars of each device the sizes of its 64-bit prefetchable BARs, of all its functions; powers of two
     */
    public static MmioWindow of(Collection<List<Long>> bars) {
        long placed = placed(bars);
        if (placed == 0) {
            return new MmioWindow(0);
        }
        // OVMF keeps some for each root port, whatever is behind it, and more of a larger window: 1/256 was seen.
        long spare = placed / 8 + bars.size() * GIB;
        return new MmioWindow(Math.max(LEAST_BYTES, powerOfTwo(placed + spare)));
    }

    /** What a root port is to keep for its device: the largest power of two that its BARs fill. */
    public static long reserve(List<Long> bars) {
        return Long.highestOneBit(sum(bars) / MIB * MIB);
    }

    /**
     * As firmware places them: the device with the largest BAR first, each at a multiple of its own largest. Within a device
     * the BARs, largest first, leave no gap.
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

    /** For OVMF's fw_cfg file {@code opt/ovmf/X-PciMmio64Mb}. */
    public long mebibytes() {
        return bytes / MIB;
    }

    /**
     * How many address bits the processor has to have for guest memory and window: firmware begins the window at a multiple
     * of its size.
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
