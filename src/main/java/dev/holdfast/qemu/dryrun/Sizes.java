package dev.holdfast.qemu.dryrun;

import java.util.stream.LongStream;

/** Which numbers and lines of QEMU's are believed. */
final class Sizes {
    /** Eight pebibytes, more than the 52 bits of an address reach: so 64 times it is still a number. */
    static final long MOST = 1L << 53;

    /** The longest line that is looked at; QEMU's own are below 200 characters. */
    static final int MAX_LINE = 512;

    private Sizes() {}

    /** A size or an address of memory. */
    static boolean plausible(long bytes) {
        return bytes >= 0 && bytes < MOST;
    }

    /**
     * The sum of plausible sizes.
     *
     * @throws IllegalArgumentException with one sentence, when it is none itself
     */
    static long sum(LongStream sizes) {
        return sizes.reduce(0, (a, b) -> {
            if (!plausible(a + b)) {
                throw new IllegalArgumentException(
                        "QEMU shows %d bytes of memory and more, but less than %d were expected; this QEMU is not understood"
                                .formatted(a + b, MOST));
            }
            return a + b;
        });
    }

    /** The start of what QEMU said, for a sentence. */
    static String shortened(String text) {
        return text.length() > 120 ? text.substring(0, 120) + "…" : text;
    }
}
