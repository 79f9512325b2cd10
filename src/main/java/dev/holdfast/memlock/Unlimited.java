package dev.holdfast.memlock;

/** Policy Unlimited: no limit; the required bytes are computed nevertheless. */
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
