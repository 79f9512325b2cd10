package dev.holdfast.qemu.shape;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * A disk of the machine.
 *
 * @param bus       of a CD-ROM drive always SATA
 * @param bootIndex the firmware tries the lowest first; null for never
 * @param serial    what the guest reads, at most 20 characters
 * @param cache     null: past the page cache where the file system can
 * @param io        null: what suits the file
 * @param discard   what the guest discards is given back
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record QemuDisk(
        String name,
        Bus bus,
        boolean cdrom,
        boolean readOnly,
        @Nullable Integer bootIndex,
        String serial,
        @Nullable Cache cache,
        @Nullable Io io,
        boolean discard,
        DiskSource source) {
    /** What it is attached to. */
    public enum Bus {
        VIRTIO,
        SATA,
        NVME
    }

    /** What of the node's memory lies between guest and volume. */
    public enum Cache {
        NONE,
        WRITEBACK,
        WRITETHROUGH
    }

    /** How QEMU reads and writes. */
    public enum Io {
        THREADS,
        NATIVE
    }

    /** What a file holds. */
    public enum Format {
        RAW,
        QCOW2
    }
}
