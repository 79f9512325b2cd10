package dev.holdfast.plan.pod;

import dev.holdfast.qemu.argv.OverlaySize;
import dev.holdfast.qemu.shape.DiskSource;
import dev.holdfast.qemu.shape.QemuDisk;
import java.util.List;

/**
 * Space on the node's disk that a pod may use. The kubelet evicts a pod that uses more, so a guest must not be able to exceed
 * it by writing. All figures are defined here; docs/decisions/0025 has the reasons.
 */
final class NodeDiskSpace {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    /**
     * A file that is written in the worst order has an extent for each 4 KiB, which takes 16 bytes in XFS and 12 in ext4, in
     * blocks that are at least half full: 1/128, and as much again for the blocks above them. The kubelet counts them.
     */
    private static final long BYTES_PER_EXTENT_BYTE = 64;

    /** Directories and other metadata of the file system. */
    private static final long DIRECTORY_BYTES = MIB;

    /**
     * The container's log. The kubelet keeps 5 files of 10 MiB, but checks their size only every ten seconds, and each byte of
     * an empty line on the guest's console takes forty bytes in the log.
     */
    private static final long LOG_BYTES = GIB;

    /** KubeVirt's request for any VM. */
    private static final long REQUEST_BYTES = 50 * MIB;

    private static final long DISK_BYTES_PER_REQUESTED_BYTE = 10;

    private NodeDiskSpace() {}

    /** Returns the size limit of the emptyDir for the launcher's file of the disk, whole MiB; 0 for a disk without such a file. */
    static long bytes(QemuDisk disk) {
        long file = switch (disk.source()) {
            // An overlay that is never written has only its first table.
            case DiskSource.ContainerImage image ->
                disk.readOnly() ? MIB : OverlaySize.of(image.capacityBytes()).bytes();
            case DiskSource.Empty empty -> empty.bytes();
            case DiskSource.Claim claim -> 0;
            case DiskSource.Files files -> 0;
            case DiskSource.CloudInit seed -> 0;
        };
        return file == 0 ? 0 : PodOverhead.roundUpToMib(file + file / BYTES_PER_EXTENT_BYTE + DIRECTORY_BYTES);
    }

    /** Returns the container's limit of ephemeral-storage: all its disks full, and its log. */
    static long limitBytes(List<QemuDisk> disks) {
        return bytes(disks) + LOG_BYTES;
    }

    /** Returns the container's request of ephemeral-storage: a tenth, as for CPUs, because disks are sparse and rarely full. */
    static long requestBytes(List<QemuDisk> disks) {
        return PodOverhead.roundUpToMib(bytes(disks) / DISK_BYTES_PER_REQUESTED_BYTE) + REQUEST_BYTES;
    }

    private static long bytes(List<QemuDisk> disks) {
        return disks.stream().mapToLong(NodeDiskSpace::bytes).sum();
    }
}
