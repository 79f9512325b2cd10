package dev.holdfast.plan.machine;

import dev.holdfast.qemu.shape.QemuDisk;
import java.util.OptionalInt;

/**
 * A disk and what is on it.
 *
 * @param bus       of a CD-ROM drive always SATA
 * @param readOnly  as the spec says of the disk; a volume may be read-only besides
 * @param bootOrder from 1, the lowest is tried first; {@link #NOT_ORDERED} for a disk that is not tried, or where none
 *                  has an order
 * @param serial    what the guest reads
 * @param discard   what the guest discards is given back to the volume
 */
public record MachineDisk(
        String name,
        QemuDisk.Bus bus,
        boolean cdrom,
        boolean readOnly,
        int bootOrder,
        String serial,
        Cache cache,
        Io io,
        boolean discard,
        DiskVolume volume) {
    public static final int NOT_ORDERED = 0;

    /** What of the node's memory lies between guest and volume. */
    public enum Cache {
        /** NONE where the file system can, else WRITEBACK. */
        AUTO,
        NONE,
        WRITEBACK,
        WRITETHROUGH
    }

    /** How QEMU reads and writes. */
    public enum Io {
        /** NATIVE for block devices, else THREADS. */
        AUTO,
        THREADS,
        NATIVE
    }

    public OptionalInt bootIndex() {
        return bootOrder == NOT_ORDERED ? OptionalInt.empty() : OptionalInt.of(bootOrder);
    }
}
