package dev.holdfast.qemu.argv;

/**
 * Size of a qcow2 image that is full: its data and its tables (QEMU's docs/interop/qcow2.txt), with clusters of 64 KiB and
 * reference counts of 16 bits. Writes of the guest do not make the file longer than that, unless it discards blocks; the
 * file can then get longer but does not use more space, as discarded blocks are holes.
 */
public record OverlaySize(long dataClusters, long l1Entries, long refcountBlocks) {
    public static final long CLUSTER = 1L << 16;

    /** Pointers in a cluster: an L2 table is one cluster, and maps as many clusters. */
    private static final long POINTERS = CLUSTER / 8;

    /** Reference counts in a cluster. */
    private static final long COUNTS = CLUSTER / 2;

    /** @param virtualBytes the disk's size, at most 64 TiB */
    public static OverlaySize of(long virtualBytes) {
        long data = ceil(virtualBytes, CLUSTER);
        long l1Entries = ceil(data, POINTERS);
        long blocks = 1;
        OverlaySize size = new OverlaySize(data, l1Entries, blocks);
        // Refcount blocks and their table are counted too; a few iterations suffice.
        while (ceil(size.clusters(), COUNTS) > blocks) {
            blocks = ceil(size.clusters(), COUNTS);
            size = new OverlaySize(data, l1Entries, blocks);
        }
        return size;
    }

    public long l1Clusters() {
        return Math.max(1, ceil(l1Entries, POINTERS));
    }

    /** Returns the clusters of the refcount table. */
    public long refcountTableClusters() {
        return ceil(refcountBlocks, POINTERS);
    }

    /** Returns the size of the whole file. */
    public long bytes() {
        return clusters() * CLUSTER;
    }

    /** Returns all clusters, including one for the header and an L2 table for each entry of the L1 table. */
    private long clusters() {
        return 1 + refcountTableClusters() + refcountBlocks + l1Clusters() + l1Entries + dataClusters;
    }

    private static long ceil(long dividend, long divisor) {
        return (dividend + divisor - 1) / divisor;
    }
}
