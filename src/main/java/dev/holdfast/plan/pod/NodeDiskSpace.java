package dev.holdfast.plan.pod;

import dev.holdfast.qemu.argv.OverlaySize;
import dev.holdfast.qemu.shape.DiskSource;
import dev.holdfast.qemu.shape.QemuDisk;
import java.util.List;

/**
 * Room on the node's disk that a pod may take: the kubelet evicts a pod that takes more, so no guest may get there by
 * writing. All figures are here; docs/decisions/0025 says why.
 */
final class NodeDiskSpace {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    /**
     * A file that is written in the worst order has an extent for each 4 KiB, which takes XFS 16 bytes and ext4 12, in
     * blocks that are at least half full: 1/128, and as much again for the blocks above them. The kubelet counts them.
     */
    private static final long BYTES_PER_EXTENT_BYTE = 64;

    /** Directories, and what a file system takes for itself. */
    private static final long DIRECTORY_BYTES = MIB;

    /**
     * The container's log. The kubelet keeps 5 files of 10 MiB, but looks at their size every ten seconds, and a guest that
     * writes empty lines to its console writes forty times as much to the log.
     */
    private static final long LOG_BYTES = GIB;

    /** What KubeVirt asks for any VM. */
    private static final long REQUEST_BYTES = 50 * MIB;

    private static final long DISK_BYTES_PER_REQUESTED_BYTE = 10;

    private NodeDiskSpace() {}

    /** The size limit of the emptyDir in which the launcher makes a file for the disk, whole MiB; 0 for no such disk. */
    static long bytes(QemuDisk disk) {
        long file = switch (disk.source()) {
            // An overlay that is never written has the first of its tables alone.
            case DiskSource.ContainerImage image ->
                disk.readOnly() ? MIB : OverlaySize.of(image.capacityBytes()).bytes();
            case DiskSource.Empty empty -> empty.bytes();
            case DiskSource.Claim claim -> 0;
            case DiskSource.Files files -> 0;
            case DiskSource.CloudInit seed -> 0;
        };
        return file == 0 ? 0 : PodOverhead.roundUpToMib(file + file / BYTES_PER_EXTENT_BYTE + DIRECTORY_BYTES);
    }

    /** The container's limit of ephemeral-storage: all its disks full, and its log. */
    static long limitBytes(List<QemuDisk> disks) {
        return bytes(disks) + LOG_BYTES;
    }

    /** What the scheduler reserves: as with processors a tenth, for disks are sparse and seldom full. */
    static long requestBytes(List<QemuDisk> disks) {
        return PodOverhead.roundUpToMib(bytes(disks) / DISK_BYTES_PER_REQUESTED_BYTE) + REQUEST_BYTES;
    }

    private static long bytes(List<QemuDisk> disks) {
        return disks.stream().mapToLong(NodeDiskSpace::bytes).sum();
    }
}
