package dev.holdfast.plan.machine;

import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Policy;

/** The rule by which RLIMIT_MEMLOCK is determined. */
public sealed interface MemlockRule {
    Policy policy();

    /**
     * Computes the limit.
     *
     * @throws dev.holdfast.memlock.FixedPolicy.TooLowException when a fixed limit is below what is required
     */
    MemlockPlan plan(MemlockInput input);

    /** A policy that computes the limit: all except Fixed. */
    record Computed(Policy policy) implements MemlockRule {
        @Override
        public MemlockPlan plan(MemlockInput input) {
            return policy.plan(input, null);
        }
    }

    /** The limit in the spec. */
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
