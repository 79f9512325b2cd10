package dev.holdfast.plan.machine;

import dev.holdfast.schema.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Optional;

/**
 * Quantities of Kubernetes as bytes, read as the rules of the schema read them, so that what is valid there is a number
 * here. fabric8's own conversion rounds to 16 digits, and a limit has to be exact.
 */
public final class ByteQuantity {
    private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

    private ByteQuantity() {}

    /** Returns the bytes of a quantity, {@link Long#MAX_VALUE} at most; empty unless it is a whole number above zero. */
    public static Optional<Long> bytes(String text) {
        return Quantity.parse(text)
                .map(Quantity::value)
                .filter(bytes ->
                        bytes.signum() > 0 && bytes.stripTrailingZeros().scale() <= 0)
                .map(bytes -> bytes.min(MOST).longValueExact());
    }

    /** Returns the bytes of a valid quantity, rounded up, {@link Long#MAX_VALUE} at most. */
    static long ceiling(io.fabric8.kubernetes.api.model.Quantity quantity) {
        return ceiling(quantity.toString());
    }

    /** Returns the bytes of a valid quantity, rounded up, {@link Long#MAX_VALUE} at most. */
    static long ceiling(String quantity) {
        return Quantity.parse(quantity)
                .orElseThrow(() -> new IllegalArgumentException("\"%s\" must be a quantity".formatted(quantity)))
                .value()
                .setScale(0, RoundingMode.CEILING)
                .min(MOST)
                .longValueExact();
    }
}
