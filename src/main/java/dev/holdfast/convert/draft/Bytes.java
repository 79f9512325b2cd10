package dev.holdfast.convert.draft;

import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as Kubernetes writes them. */
public final class Bytes {
    private static final long MIB = 1L << 20;
    private static final String BINARY = "KMGTPE";
    private static final Map<String, Integer> DECIMAL =
            Map.of("n", -9, "u", -6, "m", -3, "", 0, "k", 3, "M", 6, "G", 9, "T", 12, "P", 15, "E", 18);
    private static final Pattern QUANTITY = Pattern.compile("([+-]?(?:\\d{1,40}(?:\\.\\d{0,40})?|\\.\\d{1,40}))"
            + "(?:[eE]([+-]?\\d{1,2})|([KMGTPE])i|([numkMGTPE]?))");

    private Bytes() {}

    /** Returns the number of a quantity such as {@code 64Gi}; empty if the text is not a quantity. */
    public static Optional<BigDecimal> of(String quantity) {
        Matcher matcher = QUANTITY.matcher(quantity);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        BigDecimal number = new BigDecimal(matcher.group(1));
        if (matcher.group(2) != null) {
            return Optional.of(number.scaleByPowerOfTen(Integer.parseInt(matcher.group(2))));
        }
        if (matcher.group(3) != null) {
            return Optional.of(number.multiply(BigDecimal.valueOf(1024).pow(BINARY.indexOf(matcher.group(3)) + 1)));
        }
        return Optional.of(number.scaleByPowerOfTen(DECIMAL.getOrDefault(matcher.group(4), 0)));
    }

    /** Returns whether the quantity is a whole number of bytes within a range. */
    public static boolean within(String quantity, long min, long max) {
        return of(quantity)
                .filter(bytes -> bytes.compareTo(BigDecimal.valueOf(min)) >= 0
                        && bytes.compareTo(BigDecimal.valueOf(max)) <= 0
                        && bytes.stripTrailingZeros().scale() <= 0)
                .isPresent();
    }

    /** Returns the shortest quantity with a binary suffix: {@code 64Gi}, {@code 4000Mi}, or bytes. */
    public static String quantity(long bytes) {
        if (bytes >= MIB << 10 && bytes % (MIB << 10) == 0) {
            return bytes / (MIB << 10) + "Gi";
        }
        return bytes >= MIB && bytes % MIB == 0 ? bytes / MIB + "Mi" : String.valueOf(bytes);
    }
}
