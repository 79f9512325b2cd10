package dev.holdfast.memlock;

import dev.holdfast.memlock.MemlockInput.Video;
import java.util.ArrayList;
import java.util.List;

/**
 * One map of system memory: every RAM and ROM section that QEMU maps for a VFIO device, at its largest, in whole host
 * pages. Sizes as in QEMU 7.2 to 10.2, read from {@code info mtree -f} and {@code info ramblock}.
 */
final class SystemMemory {
    private static final long KIB = 1L << 10;

    /** {@code pc.bios}, SeaBIOS as bios-256k.bin. */
    private static final long SEABIOS_BYTES = 256 * KIB;

    /** 0xa0000 to 0xbffff, where a VGA shows its memory a second time. */
    private static final long LEGACY_WINDOW_BYTES = 128 * KIB;

    private SystemMemory() {}

    static List<Term> terms(MemlockInput input) {
        long page = input.pageBytes();
        List<Term> terms = new ArrayList<>();
        terms.add(new Term("guest-memory", roundUp(input.guestBytes(), page), "guest RAM, pinned as a whole"));
        terms.add(
                switch (input.firmware()) {
                    case SEABIOS ->
                        new Term(
                                "firmware-rom",
                                roundUp(SEABIOS_BYTES, page),
                                "SeaBIOS lies in RAM of its own below 4 GiB");
                });
        addDisplay(terms, input);
        if (input.deviceCount() > 0) {
            terms.add(new Term(
                    "assigned-bars",
                    0,
                    "BARs of assigned devices have no page structures, so the kernel charges nothing"));
        }
        return terms;
    }

    private static void addDisplay(List<Term> terms, MemlockInput input) {
        Video video = input.video();
        long page = input.pageBytes();
        long videoBytes = VideoMemory.bytes(video, input.videoBytes());
        switch (video) {
            case NONE -> {}
            case RAMFB -> terms.add(new Term("video-memory", 0, "ramfb draws from guest RAM and has none of its own"));
            case VGA, VIRTIO, BOCHS ->
                terms.add(new Term(
                        "video-memory",
                        roundUp(videoBytes, page),
                        "video RAM is mapped too, once firmware enables its BAR"));
        }
        if (video == Video.VGA || video == Video.VIRTIO) {
            terms.add(new Term(
                    "legacy-alias",
                    roundUp(LEGACY_WINDOW_BYTES, page),
                    "a VGA shows its memory a second time at 0xa0000"));
        }
        long romBytes = optionRomBytes(video);
        if (romBytes > 0) {
            terms.add(new Term(
                    "option-roms", roundUp(romBytes, page), "the display's ROM is mapped while firmware copies it"));
        }
    }

    private static long optionRomBytes(Video video) {
        return switch (video) {
            case VGA, VIRTIO -> 64 * KIB;
            case BOCHS -> 32 * KIB;
            case NONE, RAMFB -> 0;
        };
    }

    private static long roundUp(long bytes, long page) {
        return (bytes + page - 1) & -page;
    }
}
