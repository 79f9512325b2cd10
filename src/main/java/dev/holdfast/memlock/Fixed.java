package dev.holdfast.memlock;

import org.jspecify.annotations.Nullable;

/** The policy Fixed: the number that the user names, as long as a guest can start with it. */
public final class Fixed {
    public static final String NAME = "Fixed";

    /** 1 EiB: what a status can say, and more than any machine has. */
    private static final long MAX_BYTES = 1L << 60;

    private Fixed() {}

    /** The number is below what is required. */
    public static final class TooLowException extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        TooLowException(long limitBytes, long requiredBytes) {
            super("the fixed limit is %d bytes, but %d are required; raise it to at least that, or choose policy Exact"
                    .formatted(limitBytes, requiredBytes));
        }
    }

    /**
     * @param limitBytes the number, unrounded
     * @throws TooLowException          when it is below what {@link Exact} requires
     * @throws IllegalArgumentException as {@link Exact#plan}, or when there is no number
     */
    public static MemlockPlan plan(MemlockInput input, @Nullable Long limitBytes) {
        if (limitBytes == null) {
            throw new IllegalArgumentException("policy Fixed needs a limit; give one, or choose policy Exact");
        }
        if (limitBytes > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "the fixed limit is %d bytes, but at most %d are possible; give less, or choose policy Unlimited"
                            .formatted(limitBytes, MAX_BYTES));
        }
        MemlockPlan exact = Exact.plan(input);
        if (limitBytes < exact.requiredBytes()) {
            throw new TooLowException(limitBytes, exact.requiredBytes());
        }
        return exact.limited(NAME, limitBytes);
    }
}
