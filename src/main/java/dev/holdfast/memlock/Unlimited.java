package dev.holdfast.memlock;

/** The policy Unlimited: no limit; what is required is told all the same. */
public final class Unlimited {
    public static final String NAME = "Unlimited";

    private Unlimited() {}

    /**
     * @throws IllegalArgumentException as {@link Exact#plan}
     */
    public static MemlockPlan plan(MemlockInput input) {
        MemlockPlan exact = Exact.plan(input);
        return new MemlockPlan(NAME, exact.requiredBytes(), 0, null, null, true, exact.addressSpaces(), exact.terms());
    }
}
