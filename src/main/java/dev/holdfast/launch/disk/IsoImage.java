package dev.holdfast.launch.disk;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A file system with one folder in the layout of ECMA-119 (ISO 9660), whose names are upper case and short, and with a
 * second directory of Joliet names. Both directories point to the same files. This is sufficient for cloud-init, and
 * requires neither a library nor another program in the pod. It has no timestamps: the same files result in the same bytes.
 */
final class IsoImage {
    private static final int SECTOR = 2048;
    /** Not used by the format, reserved for boot loaders. */
    private static final int SYSTEM_AREA = 16;

    private static final int PRIMARY = SYSTEM_AREA;
    private static final int JOLIET = PRIMARY + 1;
    private static final int TERMINATOR = JOLIET + 1;
    private static final int PATH_TABLES = TERMINATOR + 1;
    private static final int DIRECTORIES = PATH_TABLES + 4;
    private static final int PATH_TABLE_BYTES = 10;

    /** Maximum length of a Joliet name (specification of 1995, section 2): 64 characters of two bytes. */
    static final int MAX_NAME = 64;

    private static final int MAX_PLAIN_NAME = 30;

    private IsoImage() {}

    /** A directory entry of a file: its name as bytes, and its position and size. */
    private record Entry(byte[] name, int sector, int bytes) {}

    /**
     * Returns the image, in whole sectors.
     *
     * @param label at most 16 characters of ASCII
     * @throws DiskException when a name has more than 64 characters
     */
    static byte[] of(String label, List<IsoFile> files) throws DiskException {
        List<IsoFile> sorted =
                files.stream().sorted(Comparator.comparing(IsoFile::name)).toList();
        for (IsoFile file : sorted) {
            if (file.name().length() > MAX_NAME) {
                throw new DiskException(
                        "the key %s has %d characters, but a file name in an ISO image must have at most 64; use a shorter name"
                                .formatted(file.name(), file.name().length()));
            }
        }
        List<byte[]> plain = plainNames(sorted);
        List<byte[]> joliet = sorted.stream().map(file -> utf16(file.name())).toList();
        int jolietDirectory = DIRECTORIES + sectors(directoryBytes(plain));
        int data = jolietDirectory + sectors(directoryBytes(joliet));
        int[] starts = new int[sorted.size()];
        int end = data;
        for (int i = 0; i < starts.length; i++) {
            starts[i] = end;
            end += sectors(sorted.get(i).content().length);
        }
        ByteBuffer image = ByteBuffer.allocate(end * SECTOR);
        descriptor(at(image, PRIMARY), 1, label, StandardCharsets.US_ASCII, end, DIRECTORIES, directoryBytes(plain), 0);
        descriptor(
                at(image, JOLIET),
                2,
                label,
                StandardCharsets.UTF_16BE,
                end,
                jolietDirectory,
                directoryBytes(joliet),
                2);
        at(image, TERMINATOR).put((byte) 255).put(ascii("CD001")).put((byte) 1);
        pathTable(at(image, PATH_TABLES), ByteOrder.LITTLE_ENDIAN, DIRECTORIES);
        pathTable(at(image, PATH_TABLES + 1), ByteOrder.BIG_ENDIAN, DIRECTORIES);
        pathTable(at(image, PATH_TABLES + 2), ByteOrder.LITTLE_ENDIAN, jolietDirectory);
        pathTable(at(image, PATH_TABLES + 3), ByteOrder.BIG_ENDIAN, jolietDirectory);
        at(image, DIRECTORIES).put(directory(DIRECTORIES, directoryBytes(plain), entries(plain, sorted, starts)));
        at(image, jolietDirectory)
                .put(directory(jolietDirectory, directoryBytes(joliet), entries(joliet, sorted, starts)));
        for (int i = 0; i < starts.length; i++) {
            if (sorted.get(i).content().length > 0) {
                at(image, starts[i]).put(sorted.get(i).content());
            }
        }
        return image.array();
    }

    /** Writes a volume descriptor: ECMA-119 8.4 and 8.5. */
    private static void descriptor(
            ByteBuffer to,
            int type,
            String label,
            Charset charset,
            int sectors,
            int directory,
            int directoryBytes,
            int pathTable) {
        int base = to.position();
        // Unused names are blanks, in both kinds of text.
        byte[] blank = " ".getBytes(charset);
        for (int i = base + 8; i < base + 72; i += blank.length) {
            to.position(i).put(blank);
        }
        for (int i = base + 190; i + blank.length <= base + 813; i += blank.length) {
            to.position(i).put(blank);
        }
        to.position(base).put((byte) type).put(ascii("CD001")).put((byte) 1);
        to.position(base + 40).put(label.getBytes(charset));
        both(to.position(base + 80), sectors);
        if (type == 2) {
            // UCS-2, level 3.
            to.position(base + 88).put(ascii("%/E"));
        }
        bothShort(to.position(base + 120), 1);
        bothShort(to.position(base + 124), 1);
        bothShort(to.position(base + 128), SECTOR);
        both(to.position(base + 132), PATH_TABLE_BYTES);
        to.order(ByteOrder.LITTLE_ENDIAN).putInt(base + 140, PATH_TABLES + pathTable);
        to.order(ByteOrder.BIG_ENDIAN).putInt(base + 148, PATH_TABLES + pathTable + 1);
        to.position(base + 156).put(record(new byte[] {0}, directory, directoryBytes, true));
        for (int date = base + 813; date < base + 881; date += 17) {
            to.position(date).put(ascii("0000000000000000")).put((byte) 0);
        }
        to.put(base + 881, (byte) 1);
    }

    /** Writes a path table with its only entry, the root. */
    private static void pathTable(ByteBuffer to, ByteOrder order, int directory) {
        to.order(order).put((byte) 1).put((byte) 0).putInt(directory).putShort((short) 1);
    }

    private static byte[] directory(int sector, int bytes, List<Entry> entries) {
        ByteArrayOutputStream directory = new ByteArrayOutputStream();
        directory.writeBytes(record(new byte[] {0}, sector, bytes, true));
        directory.writeBytes(record(new byte[] {1}, sector, bytes, true));
        for (Entry entry : entries) {
            byte[] record = record(entry.name(), entry.sector(), entry.bytes(), false);
            pad(directory, record.length);
            directory.writeBytes(record);
        }
        return directory.toByteArray();
    }

    /** Pads to the next sector if the next record would cross the end of this one. */
    private static void pad(ByteArrayOutputStream directory, int next) {
        int left = SECTOR - directory.size() % SECTOR;
        if (left < next) {
            directory.writeBytes(new byte[left]);
        }
    }

    /** Returns the size of a directory in bytes, in whole sectors. */
    private static int directoryBytes(List<byte[]> names) {
        List<Entry> entries = names.stream().map(name -> new Entry(name, 0, 0)).toList();
        return sectors(directory(0, 0, entries).length) * SECTOR;
    }

    private static List<Entry> entries(List<byte[]> names, List<IsoFile> files, int[] starts) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < starts.length; i++) {
            int bytes = files.get(i).content().length;
            entries.add(new Entry(names.get(i), bytes == 0 ? 0 : starts[i], bytes));
        }
        // Sorted by bytes (ECMA-119 9.3).
        entries.sort((a, b) -> Arrays.compareUnsigned(a.name(), b.name()));
        return entries;
    }

    /** Returns a directory record of an even length: ECMA-119 9.1. */
    private static byte[] record(byte[] name, int sector, int bytes, boolean directory) {
        int length = 33 + name.length + (name.length % 2 == 0 ? 1 : 0);
        ByteBuffer record = ByteBuffer.allocate(length).put((byte) length).put((byte) 0);
        both(record, sector);
        both(record, bytes);
        // 1 January 1980, the first day that every reader supports.
        record.put(new byte[] {80, 1, 1, 0, 0, 0, 0});
        record.put((byte) (directory ? 2 : 0)).put((byte) 0).put((byte) 0);
        bothShort(record, 1);
        record.put((byte) name.length).put(name);
        return record.array();
    }

    /** Returns unique names in upper case, which readers show in lower case. */
    private static List<byte[]> plainNames(List<IsoFile> files) {
        Set<String> taken = new HashSet<>();
        List<byte[]> names = new ArrayList<>();
        for (IsoFile file : files) {
            String name = file.name().toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9_.-]", "_");
            name = name.contains(".") ? name : name + ".";
            name = name.substring(0, Math.min(name.length(), MAX_PLAIN_NAME));
            for (int i = 0; !taken.add(name); i++) {
                name = "FILE%04d.".formatted(i);
            }
            names.add(ascii(name + ";1"));
        }
        return names;
    }

    private static ByteBuffer at(ByteBuffer image, int sector) {
        return image.duplicate().order(ByteOrder.LITTLE_ENDIAN).position(sector * SECTOR);
    }

    private static int sectors(int bytes) {
        return (bytes + SECTOR - 1) / SECTOR;
    }

    private static void both(ByteBuffer to, int value) {
        to.order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .order(ByteOrder.BIG_ENDIAN)
                .putInt(value);
    }

    private static void bothShort(ByteBuffer to, int value) {
        to.order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) value)
                .order(ByteOrder.BIG_ENDIAN)
                .putShort((short) value);
    }

    private static byte[] utf16(String name) {
        return name.getBytes(StandardCharsets.UTF_16BE);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
