package dev.holdfast.testbed.qemu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A command line that was made for a node, changed so that QEMU starts it here: files are empty ones of a temporary folder,
 * KVM is emulation, memory is not taken, and test devices are where the passed-through ones would be. The properties of
 * what was replaced are collected, by QEMU's type, to be asked for by name.
 */
public final class StandIns {
    private static final int FLASH_BYTES = 256 << 10;
    private static final Pattern FILE = Pattern.compile("\"filename\":\"([^\"]*)\"");
    private static final Set<String> OF_EVERY_PCI_DEVICE = Set.of("id", "bus", "addr", "multifunction");

    private final Path folder;
    private final List<String> argv = new ArrayList<>();
    private final Map<String, Set<String>> replaced = new TreeMap<>();

    public StandIns(Path folder, List<String> golden) {
        this.folder = folder;
        String option = "";
        for (String word : golden) {
            argv.add(
                    switch (option) {
                        case "-accel" -> word.replaceFirst("^kvm$", "tcg");
                        case "-cpu" -> processor(word);
                        case "-object" -> memory(word);
                        case "-global" -> global(word);
                        case "-blockdev" -> blockdev(word);
                        case "-netdev" -> word.replaceAll("hostfwd=(tcp|udp)::[0-9]+-", "hostfwd=$1::0-");
                        case "-kernel" -> file("kernel", linuxHeader());
                        case "-initrd" -> file("initrd", new byte[4096]);
                        case "-device" -> device(word);
                        default -> word;
                    });
            option = word;
        }
    }

    /** The command line, for one QEMU. */
    public List<String> argv(Path program) {
        List<String> line = new ArrayList<>(argv);
        line.set(0, program.toString());
        return line;
    }

    /** Properties that the golden line sets and this one does not, by QEMU's type. */
    public Map<String, Set<String>> replaced() {
        return replaced;
    }

    private void remember(String type, String property) {
        replaced.computeIfAbsent(type, key -> new TreeSet<>()).add(property);
    }

    /** Without KVM there is no "host". */
    private String processor(String word) {
        String[] parts = word.split(",");
        if (!parts[0].equals("host")) {
            return word;
        }
        for (int i = 1; i < parts.length; i++) {
            remember("host-x86_64-cpu", parts[i].replaceFirst("=.*", ""));
        }
        return "max";
    }

    private String memory(String word) {
        if (!word.startsWith("memory-backend-")) {
            return word;
        }
        Matcher size = Pattern.compile("size=([0-9]+)").matcher(word);
        if (!size.find()) {
            throw new IllegalArgumentException("a memory backend without a size: " + word);
        }
        String[] parts = word.split(",");
        for (int i = 1; i < parts.length; i++) {
            String property = parts[i].replaceFirst("=.*", "");
            if (!property.equals("id")) {
                remember(parts[0], property);
            }
        }
        return "memory-backend-ram,id=ram0,size=" + size.group(1) + ",reserve=off";
    }

    /** QEMU only warns of a property of a type that the machine has not. */
    private String global(String word) {
        Matcher matcher = Pattern.compile("(kvm-[a-z]+)\\.([a-z_]+)=.*").matcher(word);
        if (matcher.matches()) {
            remember(matcher.group(1), matcher.group(2));
        }
        return word;
    }

    private String blockdev(String word) {
        if (!word.startsWith("{")) {
            return word.replaceFirst(
                    "filename=[^,]*(,,[^,]*)*", "filename=" + file("flash" + argv.size(), new byte[FLASH_BYTES]));
        }
        StringBuilder changed = new StringBuilder();
        Matcher file = FILE.matcher(word.replace("\"host_device\"", "\"file\""));
        while (file.find()) {
            String name = Path.of(file.group(1)).getFileName().toString();
            String path = file(name, name.endsWith(".qcow2") ? qcow2() : new byte[1 << 20]);
            file.appendReplacement(changed, Matcher.quoteReplacement("\"filename\":\"" + path + "\""));
        }
        return file.appendTail(changed).toString();
    }

    private String device(String word) {
        String[] parts = word.split(",");
        if (!parts[0].equals("vfio-pci")) {
            return word;
        }
        List<String> kept = new ArrayList<>(List.of("pci-testdev"));
        for (int i = 1; i < parts.length; i++) {
            String property = parts[i].replaceFirst("=.*", "");
            if (OF_EVERY_PCI_DEVICE.contains(property)) {
                kept.add(parts[i]);
            } else {
                remember(parts[0], property);
            }
        }
        return String.join(",", kept);
    }

    private String file(String name, byte[] content) {
        try {
            return Files.write(folder.resolve(name), content).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An empty qcow2 image of 1 MiB: header, refcount table, refcount block and L1 table (QEMU docs/interop/qcow2.rst). */
    private static byte[] qcow2() {
        int cluster = 1 << 16;
        ByteBuffer image = ByteBuffer.allocate(4 * cluster);
        image.put("QFI\u00fb".getBytes(StandardCharsets.ISO_8859_1)).putInt(3);
        image.putInt(20, 16).putLong(24, 1 << 20);
        image.putInt(36, 1).putLong(40, 3L * cluster);
        image.putLong(48, cluster).putInt(56, 1);
        image.putInt(96, 4).putInt(100, 104);
        image.putLong(cluster, 2L * cluster);
        for (int i = 0; i < 4; i++) {
            image.putShort(2 * cluster + 2 * i, (short) 1);
        }
        return image.array();
    }

    /** Header of a bzImage that QEMU reads before the start (Linux Documentation/arch/x86/boot.rst). */
    private static byte[] linuxHeader() {
        ByteBuffer image = ByteBuffer.allocate(64 << 10).order(ByteOrder.LITTLE_ENDIAN);
        image.put(0x1f1, (byte) 1);
        image.putShort(0x1fe, (short) 0xaa55);
        image.put(0x202, "HdrS".getBytes(StandardCharsets.US_ASCII));
        image.putShort(0x206, (short) 0x20c);
        image.put(0x211, (byte) 1);
        image.putInt(0x22c, Integer.MAX_VALUE);
        return image.array();
    }
}
