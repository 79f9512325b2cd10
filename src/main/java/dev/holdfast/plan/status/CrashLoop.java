package dev.holdfast.plan.status;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** A machine that has failed, was started again, has failed again, and waits for its next start. */
final class CrashLoop {
    static final String NAME = Reason.CrashLoopBackOff.name();

    private CrashLoop() {}

    /** The first failure is none: whoever looks then wants to read its reason. */
    static boolean is(Phase phase, PodRecord binding, @Nullable Instant nextStart) {
        return phase == Phase.Failed && nextStart != null && binding.restarts() > 0;
    }

    /** The reason, with what it does not say itself: how often, and when it goes on. */
    static Cause told(Cause cause, Phase phase, PodRecord binding, @Nullable Instant nextStart) {
        if (nextStart == null || !is(phase, binding, nextStart)) {
            return cause;
        }
        return new Cause(
                cause.reason(),
                "%s; the machine was started again %s already, and the next start is at %s"
                        .formatted(
                                cause.message(),
                                binding.restarts() == 1 ? "once" : binding.restarts() + " times",
                                nextStart.truncatedTo(ChronoUnit.SECONDS)));
    }
}
