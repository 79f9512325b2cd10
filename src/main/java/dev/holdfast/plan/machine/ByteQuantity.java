package dev.holdfast.plan.machine;

import dev.holdfast.schema.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Optional;

/**
 * Kubernetes quantities in bytes, parsed as the schema's rules parse them, so that each valid quantity has a number.
 * fabric8's own conversion rounds to 16 digits, and a limit must be exact.
 */
public final class ByteQuantity {
    private static final BigDecimal MAX = BigDecimal.valueOf(Long.MAX_VALUE);

    private ByteQuantity() {}

    /** Returns the bytes of a quantity, at most {@link Long#MAX_VALUE}; empty unless it is a whole number above zero. */
    public static Optional<Long> bytes(String text) {
        return Quantity.parse(text)
                .map(Quantity::value)
                .filter(bytes ->
                        bytes.signum() > 0 && bytes.stripTrailingZeros().scale() <= 0)
                .map(bytes -> bytes.min(MAX).longValueExact());
    }

    /** Returns the bytes of a valid quantity, rounded up, at most {@link Long#MAX_VALUE}. */
    static long ceiling(io.fabric8.kubernetes.api.model.Quantity quantity) {
        return ceiling(quantity.toString());
    }

    /** Returns the bytes of a valid quantity, rounded up, at most {@link Long#MAX_VALUE}. */
    static long ceiling(String quantity) {
        return Quantity.parse(quantity)
                .orElseThrow(() -> new IllegalArgumentException("\"%s\" must be a quantity".formatted(quantity)))
                .value()
                .setScale(0, RoundingMode.CEILING)
                .min(MAX)
                .longValueExact();
    }
}
