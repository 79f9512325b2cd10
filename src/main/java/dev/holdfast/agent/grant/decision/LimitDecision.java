package dev.holdfast.agent.grant.decision;

import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.host.kernel.Rlimit;
import org.jspecify.annotations.Nullable;

/**
 * Decision on the limit: the limit of the plan, which under policy Exact a measurement may raise up to the maximum of
 * the plan.
 */
sealed interface LimitDecision {
    /**
     * Upper bound of a measurement: a thousand petabytes are beyond any machine, and far from an overflow when a margin
     * is added.
     */
    long ABSURD_BYTES = 1L << 60;

    String EXACT = "Exact";

    /**
     * The limit is granted.
     *
     * @param bytes above 0, or {@link Rlimit#INFINITY}
     */
    record Limit(long bytes) implements LimitDecision {}

    record Refused(Refuse why) implements LimitDecision {}

    /**
     * Decides on the limit.
     *
     * @param measuredBytes bytes that VFIO will map, as measured by the launcher; null without a measurement
     */
    static LimitDecision of(Memlock plan, @Nullable Long measuredBytes) {
        if (measuredBytes != null && (measuredBytes < 0 || measuredBytes > ABSURD_BYTES)) {
            return refused(
                    RefusalCode.ABSURD_MEASUREMENT,
                    "the launcher reported a measurement of " + measuredBytes + " bytes, which must be 0 to "
                            + ABSURD_BYTES);
        }
        if (plan.unlimited()) {
            return new Limit(Rlimit.INFINITY);
        }
        Long limit = plan.limitBytes();
        if (limit == null || limit <= 0) {
            // Fails closed: a missing limit must not become unlimited.
            return refused(
                    RefusalCode.UNUSABLE_PLAN,
                    "the memlock plan has the limit " + limit
                            + " and is not unlimited; the limit must be a number of bytes above 0");
        }
        if (measuredBytes == null || !EXACT.equals(plan.policy())) {
            return new Limit(limit);
        }
        if (plan.marginBytes() < 0 || plan.marginBytes() > ABSURD_BYTES) {
            return refused(
                    RefusalCode.UNUSABLE_PLAN,
                    "the memlock plan has the margin " + plan.marginBytes()
                            + " under policy Exact; the margin must be 0 to " + ABSURD_BYTES);
        }
        long needed = measuredBytes + plan.marginBytes();
        if (needed <= limit) {
            return new Limit(limit);
        }
        Long max = plan.maxBytes();
        if (max == null || needed > max) {
            return refused(
                    RefusalCode.MORE_THAN_MAX,
                    "the launcher measured " + measuredBytes + " bytes; with the margin of " + plan.marginBytes()
                            + " the limit would be " + needed + ", but the plan allows at most "
                            + (max == null ? limit : max)
                            + "; give the VM more memory or select another memlock policy");
        }
        return new Limit(needed);
    }

    private static LimitDecision refused(RefusalCode reason, String message) {
        return new Refused(new Refuse(reason, message));
    }
}
