package dev.holdfast.plan.machine;

import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Quantities of Kubernetes as bytes, exactly: fabric8's own conversion rounds to 16 digits, and a limit has to be exact. */
public final class ByteQuantity {
    private static final BigDecimal KIBI = BigDecimal.valueOf(1024);
    private static final String BINARY_SUFFIXES = "KMGTPE";

    // The powers of ten of apimachinery's decimal suffixes (pkg/api/resource/suffix.go).
    private static final Map<String, Integer> DECIMAL_SUFFIXES =
            Map.of("n", -9, "u", -6, "m", -3, "", 0, "k", 3, "M", 6, "G", 9, "T", 12, "P", 15, "E", 18);
    private static final Pattern QUANTITY = Pattern.compile("(?<number>[+-]?(\\d{1,40}(\\.\\d{0,40})?|\\.\\d{1,40}))"
            + "(([eE](?<exponent>[+-]?\\d{1,3}))|(?<binary>[KMGTPE])i|(?<decimal>[numkMGTPE]?))");

    private ByteQuantity() {}

    /** Parses a quantity; empty when the text is not one. */
    public static Optional<BigDecimal> parse(String text) {
        Matcher matcher = QUANTITY.matcher(text);
        return matcher.matches()
                ? Optional.of(new BigDecimal(matcher.group("number")).multiply(multiple(matcher)))
                : Optional.empty();
    }

    /** Returns the bytes of a quantity, {@link Long#MAX_VALUE} at most; empty unless it is a whole number above zero. */
    public static Optional<Long> bytes(String text) {
        return parse(text)
                .filter(bytes ->
                        bytes.signum() > 0 && bytes.stripTrailingZeros().scale() <= 0)
                .map(bytes -> bytes.min(BigDecimal.valueOf(Long.MAX_VALUE)).longValueExact());
    }

    /** Returns the bytes of a valid quantity, rounded up, {@link Long#MAX_VALUE} at most. */
    static long ceiling(Quantity quantity) {
        return ceiling(quantity.toString());
    }

    /** Returns the bytes of a valid quantity, rounded up, {@link Long#MAX_VALUE} at most. */
    static long ceiling(String quantity) {
        return parse(quantity)
                .orElseThrow(() -> new IllegalArgumentException("\"%s\" must be a quantity".formatted(quantity)))
                .setScale(0, RoundingMode.CEILING)
                .min(BigDecimal.valueOf(Long.MAX_VALUE))
                .longValueExact();
    }

    private static BigDecimal multiple(Matcher matcher) {
        if (matcher.group("exponent") != null) {
            return BigDecimal.ONE.scaleByPowerOfTen(Integer.parseInt(matcher.group("exponent")));
        }
        if (matcher.group("binary") != null) {
            return KIBI.pow(BINARY_SUFFIXES.indexOf(matcher.group("binary")) + 1);
        }
        return BigDecimal.ONE.scaleByPowerOfTen(DECIMAL_SUFFIXES.getOrDefault(matcher.group("decimal"), 0));
    }
}
