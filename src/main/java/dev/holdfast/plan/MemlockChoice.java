package dev.holdfast.plan;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.memlock.Fixed;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Policy;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The policy that a VM asks for: whether it may, and what comes out. */
final class MemlockChoice {
    private MemlockChoice() {}

    /** The limit that the policy gives is below what the machine needs. */
    static final class TooLowException extends Exception {
        private static final long serialVersionUID = 1;

        TooLowException(String sentence) {
            super(sentence);
        }

        Cause cause() {
            return new Cause(Reason.MemlockLimitTooLow, Objects.requireNonNull(getMessage()));
        }
    }

    /** What speaks against the policy itself, in this cluster. */
    static Optional<Cause> fault(PassthroughVMSpec spec, Set<Policy> allowed) {
        Policy policy = MemlockInputs.policy(spec);
        if (allowed.contains(policy)) {
            return Optional.empty();
        }
        String names = allowed.stream().sorted().map(Policy::toString).collect(Collectors.joining(", "));
        return Optional.of(new Cause(
                Reason.MemlockPolicyNotAllowed,
                ("spec.memory.memlock.policy is %s, but the operator of this cluster allows %s; choose one of these, "
                                + "or have its --memlock-policies extended")
                        .formatted(policy, names)));
    }

    /**
     * The plan. A limit that is known to be too small is refused: QEMU would not start, or end as soon as firmware maps
     * the display.
     *
     * @throws TooLowException          with both numbers
     * @throws IllegalArgumentException with one sentence, when the spec is none of a machine
     */
    static MemlockPlan plan(PassthroughVMSpec spec, MemlockInput input) throws TooLowException {
        Policy policy = MemlockInputs.policy(spec);
        MemlockPlan plan;
        try {
            plan = policy.plan(input, MemlockInputs.fixedBytes(spec));
        } catch (Fixed.TooLowException e) {
            throw new TooLowException("spec.memory.memlock.limit is too low: " + e.getMessage());
        }
        Long limit = plan.limitBytes();
        if (limit != null && limit < plan.requiredBytes()) {
            throw new TooLowException("policy %s gives %d bytes, but %d are required; choose policy Exact"
                    .formatted(policy, limit, plan.requiredBytes()));
        }
        return plan;
    }
}
