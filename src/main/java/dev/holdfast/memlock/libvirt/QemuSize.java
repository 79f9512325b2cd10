package dev.holdfast.memlock.libvirt;

import dev.holdfast.text.Quoted;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reader of sizes on QEMU's command line ({@code util/cutils.c}, {@code qemu_strtosz}). */
final class QemuSize {
    private static final Pattern SIZE = Pattern.compile(
            "(?:0[xX](?<hex>[0-9a-fA-F]{1,16})|(?<number>\\d{1,20}(?:\\.\\d{0,20})?))(?<unit>[bBkKmMgGtTpPeE]?)");
    private static final String UNITS = "bkmgtpe";
    private static final BigDecimal KIBI = BigDecimal.valueOf(1024);
    private static final BigDecimal MAX = BigDecimal.valueOf(64L << 40);

    private QemuSize() {}

    /**
     * Reads a size.
     *
     * @param what        name of the value, for the message
     * @param defaultUnit letter of the unit of a number without a unit
     * @return bytes, 0 to 64 TiB, rounded up
     * @throws IllegalArgumentException if it is not a size or above 64 TiB; the message is for the user
     */
    static long bytes(String what, String text, char defaultUnit) {
        Matcher matcher = SIZE.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "%s is %s, must be a size such as 4G; correct it".formatted(what, Quoted.of(text)));
        }
        String hex = matcher.group("hex");
        BigDecimal number = hex == null
                ? new BigDecimal(matcher.group("number"))
                : new BigDecimal(new java.math.BigInteger(hex, 16));
        String unit = matcher.group("unit").isEmpty() ? String.valueOf(defaultUnit) : matcher.group("unit");
        BigDecimal bytes = number.multiply(KIBI.pow(UNITS.indexOf(unit.toLowerCase(Locale.ROOT))));
        if (bytes.compareTo(MAX) > 0) {
            throw new IllegalArgumentException(
                    "%s is %s, must be at most 64T; correct it".formatted(what, Quoted.of(text)));
        }
        return bytes.setScale(0, RoundingMode.CEILING).longValueExact();
    }
}
