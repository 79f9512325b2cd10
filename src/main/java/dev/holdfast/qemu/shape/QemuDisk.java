package dev.holdfast.qemu.shape;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * A disk of the machine.
 *
 * @param bus       always SATA for a CD-ROM drive
 * @param bootIndex boot order, lowest first; null for never
 * @param serial    serial number in the guest, at most 20 characters
 * @param cache     null to bypass the page cache where the file system supports it
 * @param io        null for the default of the file
 * @param discard   whether blocks that the guest discards are freed
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
    /** Bus of a disk. */
    public enum Bus {
        VIRTIO,
        SATA,
        NVME
    }

    /** Use of the node's page cache. */
    public enum Cache {
        NONE,
        WRITEBACK,
        WRITETHROUGH
    }

    /** I/O interface of QEMU. */
    public enum Io {
        THREADS,
        NATIVE
    }

    /** Format of a file. */
    public enum Format {
        RAW,
        QCOW2
    }
}
