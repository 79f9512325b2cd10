package dev.holdfast.agent.grant.decision;

import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.host.kernel.Rlimit;
import org.jspecify.annotations.Nullable;

/** How much: the plan's limit, which under Exact a measurement may raise up to the plan's maximum. */
sealed interface LimitDecision {
    /** A petabyte thousandfold: beyond any machine, and far from overflow when a margin is added. */
    long ABSURD_BYTES = 1L << 60;

    String EXACT = "Exact";

    /**
     * @param bytes above 0, or {@link Rlimit#INFINITY}
     */
    record Limit(long bytes) implements LimitDecision {}

    record Refused(Refuse why) implements LimitDecision {}

    /**
     * Decides.
     *
     * @param measuredBytes what the launcher says that VFIO will map; null when it did not measure
     */
    static LimitDecision of(Memlock plan, @Nullable Long measuredBytes) {
        if (measuredBytes != null && (measuredBytes < 0 || measuredBytes > ABSURD_BYTES)) {
            return refused(
                    RefusalReason.ABSURD_MEASUREMENT,
                    "The launcher says it measured " + measuredBytes + " bytes, expected was something from 0 to "
                            + ABSURD_BYTES + ".");
        }
        if (plan.unlimited()) {
            return new Limit(Rlimit.INFINITY);
        }
        Long limit = plan.limitBytes();
        if (limit == null || limit <= 0) {
            // Fails closed: a limit that is merely missing must not become none at all.
            return refused(
                    RefusalReason.UNUSABLE_PLAN,
                    "The memlock plan names the limit " + limit
                            + " without being unlimited; expected was a number of bytes above 0.");
        }
        if (measuredBytes == null || !EXACT.equals(plan.policy())) {
            return new Limit(limit);
        }
        if (plan.marginBytes() < 0 || plan.marginBytes() > ABSURD_BYTES) {
            return refused(
                    RefusalReason.UNUSABLE_PLAN,
                    "The memlock plan names the margin " + plan.marginBytes()
                            + " under policy Exact, expected was something from 0 to " + ABSURD_BYTES + ".");
        }
        long needed = measuredBytes + plan.marginBytes();
        if (needed <= limit) {
            return new Limit(limit);
        }
        Long max = plan.maxBytes();
        if (max == null || needed > max) {
            return refused(
                    RefusalReason.MORE_THAN_MAX,
                    "The launcher measured " + measuredBytes + " bytes, which with the margin of " + plan.marginBytes()
                            + " makes " + needed + ", but the plan allows at most " + (max == null ? limit : max)
                            + "; give the VM more memory or choose another memlock policy.");
        }
        return new Limit(needed);
    }

    private static LimitDecision refused(RefusalReason reason, String sentence) {
        return new Refused(new Refuse(reason, sentence));
    }
}
