package dev.holdfast.truth;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A kernel and a QEMU that are measured together, each by the Debian release that it is of: an image's QEMU is often not of
 * its node's release.
 */
record Combination(String kernel, String qemu) {
    private static final Pattern RELEASE = Pattern.compile("[a-z]+");

    /** Combinations on the page, in its order. */
    static final List<Combination> ALL = List.of(
            new Combination("bookworm", "bookworm"),
            new Combination("trixie", "trixie"),
            new Combination("bookworm", "trixie"),
            new Combination("trixie", "bookworm"));

    Combination {
        if (!RELEASE.matcher(kernel).matches() || !RELEASE.matcher(qemu).matches()) {
            throw new IllegalArgumentException(
                    "found the combination \"%s+%s\", but a combination is RELEASE or KERNEL+QEMU with the names of Debian releases; choose for example of %s"
                            .formatted(kernel, qemu, ALL));
        }
    }

    /** Reads {@code bookworm}, for both of one release, or {@code bookworm+trixie}, the kernel first. */
    static Combination of(String name) {
        int plus = name.indexOf('+');
        return plus < 0
                ? new Combination(name, name)
                : new Combination(name.substring(0, plus), name.substring(plus + 1));
    }

    /**
     * Returns what to measure. All arguments are lists of words, and an empty one means no choice.
     *
     * @param names   combinations, any releases
     * @param kernels releases whose kernels to measure
     * @param qemus   releases whose QEMUs to measure
     */
    static List<Combination> chosen(String names, String kernels, String qemus) {
        List<Combination> named = words(names).stream().map(Combination::of).toList();
        List<Combination> chosen = (named.isEmpty() ? ALL : named)
                .stream()
                        .filter(combination -> isAmong(words(kernels), combination.kernel))
                        .filter(combination -> isAmong(words(qemus), combination.qemu))
                        .toList();
        if (chosen.isEmpty()) {
            throw new IllegalArgumentException(
                    "no combination has KERNEL=\"%s\" and QEMU=\"%s\"; choose of %s, or name one by COMBINATIONS=KERNEL+QEMU"
                            .formatted(kernels, qemus, ALL));
        }
        return chosen;
    }

    private static boolean isAmong(List<String> releases, String release) {
        return releases.isEmpty() || releases.contains(release);
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.split("\\s+")).filter(word -> !word.isEmpty()).toList();
    }

    @Override
    public String toString() {
        return kernel.equals(qemu) ? kernel : kernel + "+" + qemu;
    }
}
