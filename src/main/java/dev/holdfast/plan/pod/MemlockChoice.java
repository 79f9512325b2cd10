package dev.holdfast.plan.pod;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.memlock.Fixed;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Policy;
import dev.holdfast.plan.machine.MemlockRule;
import java.util.Set;
import java.util.stream.Collectors;

/** Whether a machine may have the limit that its spec asks for. */
sealed interface MemlockChoice {
    /** The limit. */
    record Planned(MemlockPlan plan) implements MemlockChoice {}

    /** The policy is not allowed in this cluster, or gives less than the machine needs. */
    record Refused(Cause cause) implements MemlockChoice {}

    /**
     * Plans the limit. One that is known to be too small is refused: QEMU would not start, or end as soon as firmware maps
     * the display.
     *
     * @param allowed the policies of this cluster
     */
    static MemlockChoice of(MemlockRule rule, MemlockInput input, Set<Policy> allowed) {
        if (!allowed.contains(rule.policy())) {
            return new Refused(notAllowed(rule.policy(), allowed));
        }
        MemlockPlan plan;
        try {
            plan = rule.plan(input);
        } catch (Fixed.TooLowException e) {
            return tooLow("spec.memory.memlock.limit is too low: " + e.getMessage());
        }
        Long limit = plan.limitBytes();
        return plan.unlimited() || limit == null || limit >= plan.requiredBytes()
                ? new Planned(plan)
                : tooLow("policy %s gives %d bytes, but %d are required; choose policy Exact"
                        .formatted(rule.policy(), limit, plan.requiredBytes()));
    }

    private static Refused tooLow(String message) {
        return new Refused(new Cause(Reason.MemlockLimitTooLow, message));
    }

    private static Cause notAllowed(Policy policy, Set<Policy> allowed) {
        String names = allowed.stream().sorted().map(Policy::toString).collect(Collectors.joining(", "));
        return new Cause(
                Reason.MemlockPolicyNotAllowed,
                ("spec.memory.memlock.policy is %s, but the operator of this cluster allows %s; choose one of these, "
                                + "or have its --memlock-policies extended")
                        .formatted(policy, names));
    }
}
