package dev.holdfast.truth;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One guest under one limit, as printed by src/test/kernel-truth/measure.
 *
 * @param longestGapMillis the longest time between two samples
 * @param peakBytes        the most that VmLck showed
 * @param status           QEMU's exit status, 137 when it ran until it was ended
 * @param kernel           what the kernel said about the limit
 * @param qemu             the first lines that QEMU said
 */
record Run(
        End end,
        long samples,
        long millis,
        long longestGapMillis,
        long peakBytes,
        int status,
        List<String> kernel,
        List<String> qemu) {

    /** End of a run. */
    enum End {
        /** Firmware was through and the account at rest. */
        SETTLED,
        /** The time was over before. */
        LATE,
        /** QEMU ended by itself. */
        EXITED
    }

    static Run parse(String text) {
        return new Run(
                End.valueOf(word("end", text).toUpperCase(java.util.Locale.ROOT)),
                number("samples", text),
                number("milliseconds", text),
                number("longest-gap", text),
                number("peak", text),
                (int) number("status", text),
                lines("kernel", text),
                lines("qemu", text));
    }

    double samplesPerSecond() {
        return samples * 1000.0 / Math.max(1, millis);
    }

    /** Returns whether the kernel logged exactly this limit as exceeded. */
    boolean kernelRefused(long limitBytes) {
        return kernel.stream().anyMatch(line -> line.contains("RLIMIT_MEMLOCK (%d) exceeded".formatted(limitBytes)));
    }

    private static long number(String key, String text) {
        return Long.parseLong(word(key, text));
    }

    private static String word(String key, String text) {
        Matcher matcher = line(key).matcher(text);
        if (!matcher.find()) {
            throw new IllegalArgumentException(
                    "the measurement says nothing of \"%s\": %s".formatted(key, text.strip()));
        }
        return matcher.group(1);
    }

    private static List<String> lines(String key, String text) {
        return line(key).matcher(text).results().map(line -> line.group(1)).toList();
    }

    private static Pattern line(String key) {
        return Pattern.compile("(?m)^" + key + " (.*)$");
    }
}
