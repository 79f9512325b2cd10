package dev.holdfast.plan.machine;

import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Policy;

/** How RLIMIT_MEMLOCK is found. */
public sealed interface MemlockRule {
    Policy policy();

    /**
     * Computes the limit.
     *
     * @throws dev.holdfast.memlock.Fixed.TooLowException when a fixed limit is below what is required
     */
    MemlockPlan plan(MemlockInput input);

    /** By a policy that needs no number: all but Fixed. */
    record Computed(Policy policy) implements MemlockRule {
        @Override
        public MemlockPlan plan(MemlockInput input) {
            return policy.plan(input, null);
        }
    }

    /** The number in the spec. */
    record FixedLimit(long limitBytes) implements MemlockRule {
        @Override
        public Policy policy() {
            return Policy.FIXED;
        }

        @Override
        public MemlockPlan plan(MemlockInput input) {
            return Policy.FIXED.plan(input, limitBytes);
        }
    }
}
