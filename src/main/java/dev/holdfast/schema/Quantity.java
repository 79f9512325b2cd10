package dev.holdfast.schema;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Quantity as Kubernetes reads it (k8s.io/apimachinery/pkg/api/resource, ParseQuantity): rounded up to a multiple of
 * 10⁻⁹, and with a binary suffix at most the maximum of an int64.
 *
 * @param value value with the digits and the scale of the text, on which its approximation depends
 */
public record Quantity(BigDecimal value) implements Comparable<Quantity> {
    private static final Pattern FORM =
            Pattern.compile("([+-]?)([0-9]*)(?:[.]([0-9]*))?([eEinumkKMGTP]*(?:[+-]?[0-9]*)?)");
    private static final Map<String, Integer> DECIMAL =
            Map.of("", 0, "n", -9, "u", -6, "m", -3, "k", 3, "M", 6, "G", 9, "T", 12, "P", 15, "E", 18);
    private static final Map<String, Integer> BINARY =
            Map.of("Ki", 10, "Mi", 20, "Gi", 30, "Ti", 40, "Pi", 50, "Ei", 60);
    private static final Pattern EXPONENT = Pattern.compile("[eE]([+-]?[0-9]{1,9})");
    private static final BigDecimal MAX_BINARY = new BigDecimal(Long.MAX_VALUE);
    private static final int FINEST_SCALE = 9;

    /** Maximum exponent; larger ones are reduced to it, because such numbers exceed the bounds of every rule. */
    private static final int MAX_EXPONENT = 1000;

    static Quantity of(long value) {
        return new Quantity(BigDecimal.valueOf(value));
    }

    /** Reads a quantity; empty if the text is not a quantity. */
    public static Optional<Quantity> parse(String text) {
        Matcher form = FORM.matcher(text);
        if (text.isEmpty() || !form.matches()) {
            return Optional.empty();
        }
        String whole = form.group(2);
        String fraction = form.group(3) == null ? "" : form.group(3);
        String suffix = form.group(4);
        BigInteger digits = new BigInteger("0" + whole + fraction);
        BigDecimal number = new BigDecimal(form.group(1).equals("-") ? digits.negate() : digits, fraction.length());
        Integer binary = BINARY.get(suffix);
        if (binary != null) {
            BigDecimal scaled = new BigDecimal(number.unscaledValue().shiftLeft(binary), number.scale());
            return Optional.of(new Quantity(capped(rounded(scaled))));
        }
        return exponent(suffix).map(power -> new Quantity(rounded(scaled(number, power))));
    }

    private static Optional<Integer> exponent(String suffix) {
        Integer decimal = DECIMAL.get(suffix);
        if (decimal != null) {
            return Optional.of(decimal);
        }
        Matcher exponent = EXPONENT.matcher(suffix);
        return exponent.matches() ? Optional.of(Integer.valueOf(exponent.group(1))) : Optional.empty();
    }

    private static BigDecimal scaled(BigDecimal number, int power) {
        int bounded = Math.clamp(power, -MAX_EXPONENT, MAX_EXPONENT);
        return number.signum() == 0 ? BigDecimal.ZERO : number.scaleByPowerOfTen(bounded);
    }

    /** Rounds away from zero, so that a non-zero quantity does not become zero. */
    private static BigDecimal rounded(BigDecimal number) {
        return number.scale() > FINEST_SCALE ? number.setScale(FINEST_SCALE, RoundingMode.UP) : number;
    }

    private static BigDecimal capped(BigDecimal number) {
        BigDecimal magnitude = number.abs().min(MAX_BINARY);
        return number.abs().compareTo(MAX_BINARY) <= 0 ? number : number.signum() < 0 ? magnitude.negate() : magnitude;
    }

    /**
     * Reads the quantity of a rule.
     *
     * @throws IllegalArgumentException if the text is not a quantity
     */
    static Quantity required(String text) {
        return parse(text)
                .orElseThrow(() -> new IllegalArgumentException(
                        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"));
    }

    int sign() {
        return value.signum();
    }

    /** Returns the double that Kubernetes computes, which is not always the nearest. */
    double approximate() {
        double base = value.unscaledValue().doubleValue();
        return value.scale() == 0 ? base : base * Math.pow(10, -value.scale());
    }

    boolean isWholeNumber() {
        return value.stripTrailingZeros().scale() <= 0 && value.abs().compareTo(MAX_BINARY) <= 0;
    }

    /**
     * Returns the value as a number.
     *
     * @throws IllegalArgumentException if it has a fraction or is too large
     */
    long wholeNumber() {
        if (!isWholeNumber()) {
            throw new IllegalArgumentException("cannot convert value to integer");
        }
        return value.longValueExact();
    }

    Quantity plus(Quantity other) {
        return new Quantity(value.add(other.value));
    }

    Quantity minus(Quantity other) {
        return new Quantity(value.subtract(other.value));
    }

    @Override
    public int compareTo(Quantity other) {
        return value.compareTo(other.value);
    }
}
