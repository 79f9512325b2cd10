package dev.holdfast.memlock;

/** The policy Unlimited: no limit; what is required is told all the same. */
public final class Unlimited {
    public static final String NAME = "Unlimited";

    private Unlimited() {}

    /**
     * @throws IllegalArgumentException as {@link Exact#plan}
     */
    public static MemlockPlan plan(MemlockInput input) {
        return Exact.plan(input).unlimited(NAME);
    }
}
