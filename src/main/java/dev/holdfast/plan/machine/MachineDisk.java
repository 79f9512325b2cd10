package dev.holdfast.plan.machine;

import dev.holdfast.qemu.shape.QemuDisk;
import java.util.OptionalInt;

/**
 * A disk and its volume.
 *
 * @param bus       always SATA for a CD-ROM drive
 * @param readOnly  as set in the spec for the disk; the volume may be read-only too
 * @param bootOrder from 1, the lowest is tried first; {@link #NOT_ORDERED} for a disk that is not tried, or where no
 *                  disk has an order
 * @param serial    serial number that the guest reads
 * @param discard   blocks that the guest discards are released in the volume
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

    /** Use of the node's page cache. */
    public enum Cache {
        /** NONE where the file system supports it, else WRITEBACK. */
        AUTO,
        NONE,
        WRITEBACK,
        WRITETHROUGH
    }

    /** QEMU's backend for asynchronous I/O. */
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
