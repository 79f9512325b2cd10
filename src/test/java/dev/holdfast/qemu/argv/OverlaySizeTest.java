package dev.holdfast.qemu.argv;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OverlaySizeTest {
    private static final long GIB = 1L << 30;

    /**
     * 20 GiB of data; an L2 table for each 512 MiB; a refcount block for each 2 GiB of the file; L1 table, refcount table
     * and header.
     */
    @Test
    void countsTheTablesOfTwentyGibibytes() {
        OverlaySize size = OverlaySize.of(20 * GIB);

        assertThat(size.bytes()).isEqualTo(20 * GIB + (40 + 11 + 3) * OverlaySize.CLUSTER);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 65536, 65537, 512L << 20, 2 * GIB, 2 * GIB - 7 * 65536, 16384 * GIB, 65536 * GIB})
    void hasACountForEachClusterAndNoBlockTooMany(long virtualBytes) {
        OverlaySize size = OverlaySize.of(virtualBytes);

        long clusters = size.bytes() / OverlaySize.CLUSTER;
        assertThat(size.refcountBlocks() * 32768).isBetween(clusters, clusters + 2 * 32768);
        assertThat(size.refcountTableClusters() * 8192).isGreaterThanOrEqualTo(size.refcountBlocks());
        assertThat(size.l1Clusters() * 8192).isGreaterThanOrEqualTo(size.l1Entries());
        assertThat(size.l1Entries() * 8192).isGreaterThanOrEqualTo(size.dataClusters());
        assertThat(size.dataClusters() * OverlaySize.CLUSTER).isBetween(virtualBytes, virtualBytes + 65535);
    }
}
