package dev.holdfast.launch.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The header of a qcow2 image (QEMU's docs/interop/qcow2.txt): read, to see that an image is one and stands alone, and
 * written, for an empty image. That is a quarter of a page, and spares the pod another program.
 */
final class Qcow2 {
    private static final int MAGIC = 0x514649fb;
    private static final int HEADER_BYTES = 104;
    private static final long EXTERNAL_DATA = 1L << 2;
    private static final int CLUSTER_BITS = 16;
    private static final long CLUSTER = 1L << CLUSTER_BITS;
    /** A cluster of pointers to clusters. */
    private static final long BYTES_PER_L1_ENTRY = CLUSTER * (CLUSTER / 8);

    private Qcow2() {}

    /** What an image says of itself. */
    record Header(long virtualBytes, boolean hasBacking, boolean hasExternalData) {
        /** Whether all of the guest's data is in the file itself. */
        boolean standsAlone() {
            return !hasBacking && !hasExternalData;
        }
    }

    /** Whether the file begins as such an image does. */
    static boolean is(FileChannel file) throws IOException {
        ByteBuffer magic = ByteBuffer.allocate(4);
        return read(file, magic) && magic.getInt(0) == MAGIC;
    }

    /**
     * Of a file that is one.
     *
     * @throws IOException when it is too short
     */
    static Header header(FileChannel file) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(80);
        if (!read(file, header)) {
            throw new IOException("the file ends within the header");
        }
        int version = header.getInt(4);
        boolean external = version >= 3 && (header.getLong(72) & EXTERNAL_DATA) != 0;
        return new Header(header.getLong(24), header.getLong(8) != 0, external);
    }

    /**
     * An image with nothing in it. What is behind it QEMU's command line says, so the header names nothing.
     *
     * @param virtualBytes the disk's size; rounded up to whole sectors of 512 bytes
     */
    static void createEmpty(Path file, long virtualBytes) throws IOException {
        long size = Math.addExact(virtualBytes, 511) / 512 * 512;
        int l1Entries = Math.toIntExact((size + BYTES_PER_L1_ENTRY - 1) / BYTES_PER_L1_ENTRY);
        // Clusters: the header, the table of reference counts, its first block, and the L1 table.
        int l1Clusters = Math.toIntExact((l1Entries * 8L + CLUSTER - 1) / CLUSTER);
        int used = 3 + Math.max(1, l1Clusters);
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES + 8);
        header.putInt(MAGIC).putInt(3);
        header.putLong(0).putInt(0); // backing file
        header.putInt(CLUSTER_BITS).putLong(size).putInt(0); // no encryption
        header.putInt(l1Entries).putLong(3 * CLUSTER);
        header.putLong(CLUSTER).putInt(1); // reference counts
        header.putInt(0).putLong(0); // snapshots
        header.putLong(0).putLong(0).putLong(0); // features
        header.putInt(4).putInt(HEADER_BYTES); // counts of 1 << 4 bits
        ByteBuffer table = ByteBuffer.allocate(8).putLong(2 * CLUSTER);
        ByteBuffer counts = ByteBuffer.allocate(2 * used);
        for (int i = 0; i < used; i++) {
            counts.putShort((short) 1);
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            write(channel, 0, header);
            write(channel, CLUSTER, table);
            write(channel, 2 * CLUSTER, counts);
            write(channel, used * CLUSTER - 1, ByteBuffer.allocate(1).put((byte) 0));
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
