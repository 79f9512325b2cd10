package dev.holdfast.plan.pod;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.memlock.FixedPolicy;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Policy;
import dev.holdfast.plan.machine.MemlockRule;
import java.util.Set;
import java.util.stream.Collectors;

/** The limit that a machine gets, or why the limit in its spec is refused. */
sealed interface MemlockApproval {
    /** The limit. */
    record Planned(MemlockPlan plan) implements MemlockApproval {}

    /** The policy is not allowed in this cluster, or its limit is below what the machine requires. */
    record Refused(Cause cause) implements MemlockApproval {}

    /**
     * Plans the limit. A limit that is known to be too low is refused: QEMU would not start, or would end as soon as firmware
     * maps the display.
     *
     * @param allowed the policies of this cluster
     */
    static MemlockApproval of(MemlockRule rule, MemlockInput input, Set<Policy> allowed) {
        if (!allowed.contains(rule.policy())) {
            return new Refused(notAllowed(rule.policy(), allowed));
        }
        MemlockPlan plan;
        try {
            plan = rule.plan(input);
        } catch (FixedPolicy.TooLowException e) {
            return tooLow("spec.memory.memlock.limit is too low: " + e.getMessage());
        }
        Long limit = plan.limitBytes();
        return plan.unlimited() || limit == null || limit >= plan.requiredBytes()
                ? new Planned(plan)
                : tooLow("policy %s gives %d bytes, but %d are required; use policy Exact"
                        .formatted(rule.policy(), limit, plan.requiredBytes()));
    }

    private static Refused tooLow(String message) {
        return new Refused(new Cause(Reason.MemlockLimitTooLow, message));
    }

    private static Cause notAllowed(Policy policy, Set<Policy> allowed) {
        String names = allowed.stream().sorted().map(Policy::toString).collect(Collectors.joining(", "));
        return new Cause(
                Reason.MemlockPolicyNotAllowed,
                ("spec.memory.memlock.policy is %s, but the operator of this cluster allows only %s; use one of these, "
                                + "or ask a cluster administrator to extend the operator's --memlock-policies")
                        .formatted(policy, names));
    }
}
