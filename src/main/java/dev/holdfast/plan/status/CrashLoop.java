package dev.holdfast.plan.status;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Detects a machine that has failed again after a restart, and waits for its next start. */
final class CrashLoop {
    static final String NAME = Reason.CrashLoopBackOff.name();

    private CrashLoop() {}

    /** Returns whether the machine is in a crash loop. The first failure does not count, so that its own reason is shown. */
    static boolean is(Phase phase, PodRecord binding, @Nullable Instant nextStart) {
        return phase == Phase.Failed && nextStart != null && binding.restarts() > 0;
    }

    /** Returns the cause, in a crash loop with the number of restarts and the time of the next start. */
    static Cause described(Cause cause, Phase phase, PodRecord binding, @Nullable Instant nextStart) {
        if (nextStart == null || !is(phase, binding, nextStart)) {
            return cause;
        }
        return new Cause(
                cause.reason(),
                "%s; the machine was restarted %s already, the next start is at %s"
                        .formatted(
                                cause.message(),
                                binding.restarts() == 1 ? "once" : binding.restarts() + " times",
                                nextStart.truncatedTo(ChronoUnit.SECONDS)));
    }
}
