package dev.holdfast.memlock;

import org.jspecify.annotations.Nullable;

/**
 * What the limit depends on.
 *
 * @param guestBytes  guest RAM, at least 1 MiB
 * @param pageBytes   page size of the host, a power of two
 * @param firmware    what starts the guest
 * @param video       the emulated display
 * @param videoBytes  its framebuffer when configured, null for the model's own default
 * @param deviceCount gpus and host devices, 0 to 64
 */
public record MemlockInput(
        long guestBytes,
        long pageBytes,
        Firmware firmware,
        Video video,
        @Nullable Long videoBytes,
        int deviceCount) {

    /** What starts the guest. A kernel started directly comes after SeaBIOS too. */
    public enum Firmware {
        SEABIOS
    }

    /** The emulated display. */
    public enum Video {
        NONE,
        VGA,
        VIRTIO,
        BOCHS,
        RAMFB
    }
}
