package dev.holdfast.memlock;

import dev.holdfast.memlock.MemlockInput.Video;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Framebuffer sizes of emulated displays. Both the limit and QEMU's command line use these values, so QEMU allocates
 * exactly the counted memory.
 */
public final class VideoMemory {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;
    private static final long DEFAULT_BYTES = 16 * MIB;

    // Set in hw/display/virtio-vga.c when the device is realized; there is no option for it.
    private static final long VIRTIO_BYTES = 8 * MIB;
    private static final long CIRRUS_BYTES = 4 * MIB;

    /** Command queue of vmware-svga, in addition to its framebuffer. */
    private static final long VMVGA_QUEUE_BYTES = 64 * KIB;

    private static final long MAX_BYTES = 256 * MIB;
    private static final long MAX_QXL_BYTES = 256L << 30;

    private VideoMemory() {}

    /**
     * Returns the RAM of the display.
     *
     * @param configured bytes: a power of two from 1 MiB (vga) or 4 MiB (bochs, whose device refuses less) to 256 MiB;
     *                 for a qxl, the sum of its parts; null for the model's default
     * @return bytes; 0 for a display without memory of its own
     * @throws IllegalArgumentException if {@code configured} is out of range, or is set for a model without the option
     */
    public static long bytes(Video video, @Nullable Long configured) {
        return switch (video) {
            case VGA -> configured == null ? DEFAULT_BYTES : checked(video, configured, MIB);
            case BOCHS -> configured == null ? DEFAULT_BYTES : checked(video, configured, 4 * MIB);
            case VMVGA -> VMVGA_QUEUE_BYTES + (configured == null ? DEFAULT_BYTES : checked(video, configured, MIB));
            case QXL, QXL_SECONDARY -> configured == null ? QxlMemory.DEFAULT.bytes(true) : checkedQxl(configured);
            case VIRTIO -> fixed(video, configured, VIRTIO_BYTES);
            case CIRRUS -> fixed(video, configured, CIRRUS_BYTES);
            case NONE, VIRTIO_GPU, RAMFB -> fixed(video, configured, 0);
        };
    }

    /** Returns whether the display maps its memory a second time below 1 MiB. */
    static boolean isVga(Video video) {
        return switch (video) {
            case VGA, VIRTIO, CIRRUS, QXL, VMVGA -> true;
            case NONE, VIRTIO_GPU, BOCHS, QXL_SECONDARY, RAMFB -> false;
        };
    }

    /** Returns the size of its video BIOS, as QEMU rounds it up. */
    static long romBytes(Video video) {
        return switch (video) {
            case VGA, VIRTIO, CIRRUS, QXL, VMVGA -> 64 * KIB;
            case BOCHS -> 32 * KIB;
            case NONE, VIRTIO_GPU, QXL_SECONDARY, RAMFB -> 0;
        };
    }

    private static long checkedQxl(long configured) {
        if (configured < MIB || configured > MAX_QXL_BYTES) {
            throw new IllegalArgumentException(
                    "video memory is %d bytes, must be 1Mi to 256Gi in total for a qxl; correct its parts"
                            .formatted(configured));
        }
        return configured;
    }

    private static long checked(Video video, long configured, long minBytes) {
        if (Long.bitCount(configured) != 1 || configured < minBytes || configured > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "video memory is %d bytes, must be a power of two for %s, from %dMi to 256Mi; correct or remove it"
                            .formatted(configured, name(video), minBytes / MIB));
        }
        return configured;
    }

    private static long fixed(Video video, @Nullable Long configured, long bytes) {
        if (configured != null) {
            throw new IllegalArgumentException(
                    "video memory is %d bytes, but video type %s does not support it; remove it, or choose vga or bochs"
                            .formatted(configured, name(video)));
        }
        return bytes;
    }

    private static String name(Video video) {
        return video.name().toLowerCase(Locale.ROOT);
    }
}
