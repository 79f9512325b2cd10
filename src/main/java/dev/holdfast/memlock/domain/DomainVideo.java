package dev.holdfast.memlock.domain;

import dev.holdfast.memlock.Architecture;
import dev.holdfast.memlock.MemlockInput.Display;
import dev.holdfast.memlock.MemlockInput.Video;
import org.jspecify.annotations.Nullable;

/** A domain's display and its memory, as libvirt tells them to QEMU and QEMU rounds them. */
final class DomainVideo {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;
    private static final long QXL_PART_KIB = 64 * KIB;
    private static final long QXL_ROM_BYTES = 8 * KIB;

    private DomainVideo() {}

    /**
     * @param model   {@code <model>} of {@code <video>}; its sizes are in KiB
     * @param primary the guest's first display, which has the VGA half where the model has one
     * @throws IllegalArgumentException with one sentence, for a display that QEMU does not have
     */
    static Display display(Xml model, boolean primary, Architecture architecture) {
        String type = model.attribute("type").orElse("");
        return switch (type) {
            case "none" -> new Display(Video.NONE, null);
            case "vga" -> new Display(Video.VGA, powerOfTwo(model, MIB));
            case "bochs" -> new Display(Video.BOCHS, powerOfTwo(model, 4 * MIB));
            case "vmvga" -> new Display(Video.VMVGA, powerOfTwo(model, MIB));
            case "cirrus" -> new Display(Video.CIRRUS, null);
            case "ramfb" -> new Display(Video.RAMFB, null);
            case "virtio" ->
                new Display(primary && architecture == Architecture.X86_64 ? Video.VIRTIO : Video.VIRTIO_GPU, null);
            case "qxl" -> new Display(primary ? Video.QXL : Video.QXL_SECONDARY, qxl(model));
            default ->
                throw new IllegalArgumentException(
                        "a display is of the type \"%s\", but vga, virtio, qxl, cirrus, bochs, vmvga, ramfb or none is expected"
                                .formatted(Domain.start(type)));
        };
    }

    private static @Nullable Long powerOfTwo(Xml model, long minBytes) {
        long bytes = kib(model, "vram", 0) * KIB;
        if (bytes == 0) {
            return null;
        }
        long high = Long.highestOneBit(bytes);
        return Math.max(minBytes, high == bytes ? bytes : high * 2);
    }

    private static long qxl(Xml model) {
        long parts = kib(model, "ram", QXL_PART_KIB) + kib(model, "vram", QXL_PART_KIB) + kib(model, "vram64", 0);
        return parts * KIB + QXL_ROM_BYTES;
    }

    private static long kib(Xml model, String part, long otherwise) {
        String text = model.attribute(part).orElse(String.valueOf(otherwise));
        if (!text.matches("\\d{1,10}")) {
            throw new IllegalArgumentException("%s of a display is \"%s\", but a number of KiB is expected; correct it"
                    .formatted(part, Domain.start(text)));
        }
        return Long.parseLong(text);
    }
}
