package dev.holdfast.memlock;

import dev.holdfast.memlock.MemlockInput.Video;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The framebuffer of the emulated displays. Both the limit and QEMU's command line take it from here, so what QEMU
 * makes is what was counted.
 */
public final class VideoMemory {
    private static final long MIB = 1L << 20;
    private static final long DEFAULT_BYTES = 16 * MIB;

    // hw/display/virtio-vga.c sets it while it is realized; there is no option for it.
    private static final long VIRTIO_BYTES = 8 * MIB;
    private static final long MAX_BYTES = 256 * MIB;

    private VideoMemory() {}

    /**
     * The RAM behind the display.
     *
     * @param configured bytes, a power of two of at most 256 MiB and at least 1 MiB (vga) or 4 MiB (bochs, whose device
     *                   refuses less); null for the model's default
     * @return bytes; 0 for a display without memory of its own
     * @throws IllegalArgumentException when {@code configured} is out of range, or given for a model without the option
     */
    public static long bytes(Video video, @Nullable Long configured) {
        return switch (video) {
            case VGA -> configured == null ? DEFAULT_BYTES : checked(video, configured, MIB);
            case BOCHS -> configured == null ? DEFAULT_BYTES : checked(video, configured, 4 * MIB);
            case VIRTIO -> fixed(video, configured, VIRTIO_BYTES);
            case NONE, RAMFB -> fixed(video, configured, 0);
        };
    }

    private static long checked(Video video, long configured, long minBytes) {
        if (Long.bitCount(configured) != 1 || configured < minBytes || configured > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "video memory is %d bytes, but %s takes a power of two from %dMi to 256Mi; give such a size or none"
                            .formatted(configured, name(video), minBytes / MIB));
        }
        return configured;
    }

    private static long fixed(Video video, @Nullable Long configured, long bytes) {
        if (configured != null) {
            throw new IllegalArgumentException(
                    "video memory is %d bytes, but video type %s has no such option; leave it out or choose vga or bochs"
                            .formatted(configured, name(video)));
        }
        return bytes;
    }

    private static String name(Video video) {
        return video.name().toLowerCase(Locale.ROOT);
    }
}
