package dev.holdfast.memlock.libvirt;

import dev.holdfast.memlock.Architecture;
import dev.holdfast.memlock.MemlockInput.Display;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.memlock.QxlMemory;
import dev.holdfast.text.Quoted;
import org.jspecify.annotations.Nullable;

/** Display of a domain and its memory, as libvirt passes them to QEMU and QEMU rounds them. */
final class DomainVideo {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;

    private DomainVideo() {}

    /**
     * @param model   {@code <model>} of {@code <video>}; its sizes are in KiB
     * @param primary true for the guest's first display, which has VGA if the model supports it
     * @throws IllegalArgumentException for a display that QEMU does not support; the message is for the user
     */
    static Display display(Xml model, boolean primary, Architecture architecture) {
        String type = model.attribute("type").orElse("");
        return switch (type) {
            // libvirt chooses cirrus, VGA or virtio, of which VGA has the most memory.
            case "", "default" -> new Display(Video.VGA, null);
            case "none" -> new Display(Video.NONE, null);
            case "vga" -> new Display(Video.VGA, powerOfTwo(model, MIB));
            case "bochs" -> new Display(Video.BOCHS, powerOfTwo(model, 4 * MIB));
            case "vmvga" -> new Display(Video.VMVGA, powerOfTwo(model, MIB));
            case "cirrus" -> new Display(Video.CIRRUS, null);
            case "ramfb" -> new Display(Video.RAMFB, null);
            case "virtio" ->
                new Display(primary && architecture == Architecture.X86_64 ? Video.VIRTIO : Video.VIRTIO_GPU, null);
            case "qxl" -> new Display(primary ? Video.QXL : Video.QXL_SECONDARY, qxl(model, primary));
            default ->
                throw new IllegalArgumentException(
                        "the type of a display is %s, must be vga, virtio, qxl, cirrus, bochs, vmvga, ramfb or none; correct it"
                                .formatted(Quoted.of(type)));
        };
    }

    private static @Nullable Long powerOfTwo(Xml model, long minBytes) {
        long bytes = kib(model, "vram", 0) * KIB;
        return bytes == 0 ? null : Math.max(minBytes, DomainDevices.powerOfTwo(bytes));
    }

    /**
     * Returns the memory of a qxl: libvirt rounds each part up to a power of two KiB, and passes vgamem and vram64 in
     * whole MiB.
     */
    private static long qxl(Xml model, boolean primary) {
        return new QxlMemory(
                        part(model, "ram", QxlMemory.DEFAULT.ramBytes()),
                        part(model, "vram", QxlMemory.DEFAULT.vramBytes()),
                        part(model, "vram64", QxlMemory.DEFAULT.vram64Bytes()) / MIB * MIB,
                        part(model, "vgamem", QxlMemory.DEFAULT.vgaMemBytes()) / MIB * MIB)
                .bytes(primary);
    }

    private static long part(Xml model, String name, long otherwiseBytes) {
        long bytes = kib(model, name, 0) * KIB;
        return bytes == 0 ? otherwiseBytes : DomainDevices.powerOfTwo(bytes);
    }

    private static long kib(Xml model, String part, long otherwise) {
        String text = model.attribute(part).orElse(String.valueOf(otherwise));
        if (!text.matches("\\d{1,10}")) {
            throw new IllegalArgumentException(
                    "%s of a display is %s, must be a number of KiB; correct it".formatted(part, Quoted.of(text)));
        }
        return Long.parseLong(text);
    }
}
