package dev.holdfast.memlock;

import org.jspecify.annotations.Nullable;

/** Policy Fixed: a limit that the user sets; at least the required bytes. */
public final class FixedPolicy {
    public static final String NAME = "Fixed";

    /** 1 EiB: fits into a status, and exceeds the memory of any machine. */
    private static final long MAX_BYTES = 1L << 60;

    private FixedPolicy() {}

    /** Thrown for a limit below the required bytes. */
    public static final class TooLowException extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        TooLowException(long limitBytes, long requiredBytes) {
            super("the fixed limit is %d bytes, must be at least the required %d; raise it, or choose policy Exact"
                    .formatted(limitBytes, requiredBytes));
        }
    }

    /**
     * @param limitBytes limit in bytes, not rounded
     * @throws TooLowException          if the limit is below the bytes that {@link ExactPolicy} requires
     * @throws IllegalArgumentException as {@link ExactPolicy#plan}, or if the limit is missing
     */
    public static MemlockPlan plan(MemlockInput input, @Nullable Long limitBytes) {
        if (limitBytes == null) {
            throw new IllegalArgumentException("policy Fixed requires a limit; set one, or choose policy Exact");
        }
        if (limitBytes > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "the fixed limit is %d bytes, must be at most %d; reduce it, or choose policy Unlimited"
                            .formatted(limitBytes, MAX_BYTES));
        }
        MemlockPlan exact = ExactPolicy.plan(input);
        if (limitBytes < exact.requiredBytes()) {
            throw new TooLowException(limitBytes, exact.requiredBytes());
        }
        return exact.limited(NAME, limitBytes);
    }
}
