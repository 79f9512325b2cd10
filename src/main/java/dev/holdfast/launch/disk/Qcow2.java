package dev.holdfast.launch.disk;

import dev.holdfast.qemu.argv.OverlaySize;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Header of a qcow2 image (QEMU's docs/interop/qcow2.txt): reads it to check that an image is standalone, and writes it for
 * an empty image, so that the pod does not require another program.
 */
final class Qcow2 {
    private static final int MAGIC = 0x514649fb;
    private static final int HEADER_BYTES = 104;
    private static final long EXTERNAL_DATA = 1L << 2;
    private static final int CLUSTER_BITS = 16;
    private static final long CLUSTER = OverlaySize.CLUSTER;

    private Qcow2() {}

    /** Header fields of an image. */
    record Header(long virtualBytes, boolean hasBacking, boolean hasExternalData) {
        /** Returns whether all of the guest's data is in the file itself. */
        boolean standsAlone() {
            return !hasBacking && !hasExternalData;
        }
    }

    /** Returns whether the file begins with the header of a qcow2 image. */
    static boolean is(FileChannel file) throws IOException {
        ByteBuffer magic = ByteBuffer.allocate(4);
        return read(file, magic) && magic.getInt(0) == MAGIC;
    }

    /**
     * Reads the header of a qcow2 image.
     *
     * @throws IOException when the file is too short
     */
    static Header header(FileChannel file) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(80);
        if (!read(file, header)) {
            throw new IOException("the file ends in its header");
        }
        int version = header.getInt(4);
        boolean external = version >= 3 && (header.getLong(72) & EXTERNAL_DATA) != 0;
        return new Header(header.getLong(24), header.getLong(8) != 0, external);
    }

    /**
     * Creates an empty image. Its backing file is set on QEMU's command line and not in the header. The file is sparse and
     * as long as for a full disk: a file system that preallocates space for a growing file (XFS up to 8 GiB) would have that
     * space counted against the pod.
     *
     * @param virtualBytes the disk's size; rounded up to whole sectors of 512 bytes
     */
    static void createEmpty(Path file, long virtualBytes) throws IOException {
        long size = Math.addExact(virtualBytes, 511) / 512 * 512;
        OverlaySize full = OverlaySize.of(size);
        // Clusters in order: the header, the refcount table, its first block, and the L1 table.
        long firstBlock = 1 + full.refcountTableClusters();
        long l1Table = firstBlock + 1;
        int used = Math.toIntExact(l1Table + full.l1Clusters());
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES + 8);
        header.putInt(MAGIC).putInt(3);
        header.putLong(0).putInt(0); // backing file
        header.putInt(CLUSTER_BITS).putLong(size).putInt(0); // no encryption
        header.putInt(Math.toIntExact(full.l1Entries())).putLong(l1Table * CLUSTER);
        header.putLong(CLUSTER).putInt(Math.toIntExact(full.refcountTableClusters()));
        header.putInt(0).putLong(0); // snapshots
        header.putLong(0).putLong(0).putLong(0); // features
        header.putInt(4).putInt(HEADER_BYTES); // counts of 1 << 4 bits
        ByteBuffer table = ByteBuffer.allocate(8).putLong(firstBlock * CLUSTER);
        ByteBuffer counts = ByteBuffer.allocate(2 * used);
        for (int i = 0; i < used; i++) {
            counts.putShort((short) 1);
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            write(channel, 0, header);
            write(channel, CLUSTER, table);
            write(channel, firstBlock * CLUSTER, counts);
            write(channel, full.bytes() - 1, ByteBuffer.allocate(1).put((byte) 0));
        }
    }

    private static void write(FileChannel channel, long position, ByteBuffer bytes) throws IOException {
        bytes.flip();
        while (bytes.hasRemaining()) {
            position += channel.write(bytes, position);
        }
    }

    private static boolean read(FileChannel file, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (file.read(into, into.position()) < 0) {
                return false;
            }
        }
        return true;
    }
}
