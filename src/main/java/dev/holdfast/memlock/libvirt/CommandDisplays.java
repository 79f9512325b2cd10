package dev.holdfast.memlock.libvirt;

import dev.holdfast.memlock.Architecture;
import dev.holdfast.memlock.MemlockInput.Display;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.memlock.QxlMemory;
import dev.holdfast.text.Quoted;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reader of the displays of a command line. */
final class CommandDisplays {
    private static final long MIB = 1L << 20;
    private static final Set<String> KNOWN = Set.of(
            "VGA",
            "secondary-vga",
            "isa-vga",
            "bochs-display",
            "cirrus-vga",
            "isa-cirrus-vga",
            "vmware-svga",
            "qxl",
            "qxl-vga",
            "ramfb");

    private CommandDisplays() {}

    static boolean isDisplay(String driver) {
        return KNOWN.contains(driver)
                || driver.startsWith("virtio-vga")
                || driver.startsWith("virtio-gpu")
                || driver.startsWith("vhost-user-vga")
                || driver.startsWith("vhost-user-gpu");
    }

    /**
     * Reads a display.
     *
     * @throws IllegalArgumentException if a size is invalid; the message is for the user
     */
    static Display display(Properties device, Architecture architecture) {
        return switch (device.type()) {
            case "VGA", "secondary-vga", "isa-vga" -> new Display(Video.VGA, mib(device, "vgamem_mb"));
            case "bochs-display" -> new Display(Video.BOCHS, bytes(device, "vgamem"));
            case "cirrus-vga", "isa-cirrus-vga" -> new Display(Video.CIRRUS, null);
            case "vmware-svga" -> new Display(Video.VMVGA, mib(device, "vgamem_mb"));
            case "qxl" -> new Display(Video.QXL_SECONDARY, qxl(device).bytes(false));
            case "qxl-vga" -> new Display(Video.QXL, qxl(device).bytes(true));
            case "ramfb" -> new Display(Video.RAMFB, null);
            default ->
                new Display(
                        device.type().contains("-vga") && architecture == Architecture.X86_64
                                ? Video.VIRTIO
                                : Video.VIRTIO_GPU,
                        null);
        };
    }

    private static QxlMemory qxl(Properties device) {
        return new QxlMemory(
                part(device, "ram_size", "ram_size_mb", QxlMemory.DEFAULT.ramBytes()),
                part(device, "vram_size", "vram_size_mb", QxlMemory.DEFAULT.vramBytes()),
                part(device, "", "vram64_size_mb", QxlMemory.DEFAULT.vram64Bytes()),
                part(device, "", "vgamem_mb", QxlMemory.DEFAULT.vgaMemBytes()));
    }

    /** Returns the size of a part; the property in MiB has precedence over that in bytes (hw/display/qxl.c). */
    private static long part(Properties device, String inBytes, String inMib, long otherwise) {
        Long mib = number(device, inMib);
        Long bytes = number(device, inBytes);
        return mib != null ? mib * MIB : bytes != null ? bytes : otherwise;
    }

    private static @Nullable Long mib(Properties device, String property) {
        Long mib = number(device, property);
        return mib == null ? null : (Long) DomainDevices.powerOfTwo(Math.max(1, mib) * MIB);
    }

    private static @Nullable Long bytes(Properties device, String property) {
        return device.has(property) ? (Long) QemuSize.bytes(what(device, property), device.value(property), 'b') : null;
    }

    private static @Nullable Long number(Properties device, String property) {
        if (!device.has(property)) {
            return null;
        }
        String text = device.value(property);
        if (!text.matches("\\d{1,10}")) {
            throw new IllegalArgumentException("%s is %s, must be a number of at most 10 digits; correct it"
                    .formatted(what(device, property), Quoted.of(text)));
        }
        return Long.parseLong(text);
    }

    private static String what(Properties device, String property) {
        return "%s of %s of the command line".formatted(property, Quoted.plain(device.type()));
    }
}
