package dev.holdfast.qemu.dryrun;

import java.util.stream.LongStream;

/** Limits of plausible numbers and lines in QEMU's output. */
final class Sizes {
    /** Eight pebibytes, more than 52 address bits allow; 64 times as much does not overflow. */
    static final long MOST = 1L << 53;

    /** Maximum length of a line that is parsed; QEMU's lines have less than 200 characters. */
    static final int MAX_LINE = 512;

    private Sizes() {}

    /** Returns whether a size or an address of memory is plausible. */
    static boolean plausible(long bytes) {
        return bytes >= 0 && bytes < MOST;
    }

    /**
     * Returns the sum of plausible sizes.
     *
     * @throws IllegalArgumentException with a message for users, when the sum is not plausible
     */
    static long sum(LongStream sizes) {
        return sizes.reduce(0, (a, b) -> {
            if (!plausible(a + b)) {
                throw new IllegalArgumentException(
                        "QEMU shows at least %d bytes of memory, but must show less than %d; this QEMU is not supported"
                                .formatted(a + b, MOST));
            }
            return a + b;
        });
    }

    /** Returns the start of an output of QEMU, for a message. */
    static String shortened(String text) {
        return text.length() > 120 ? text.substring(0, 120) + "…" : text;
    }
}
