package dev.holdfast.memlock;

/** Policy Unlimited: no limit; the required bytes are computed nevertheless. */
public final class UnlimitedPolicy {
    public static final String NAME = "Unlimited";

    private UnlimitedPolicy() {}

    /**
     * @throws IllegalArgumentException as {@link ExactPolicy#plan}
     */
    public static MemlockPlan plan(MemlockInput input) {
        return ExactPolicy.plan(input).unlimited(NAME);
    }
}
