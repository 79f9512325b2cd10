package dev.holdfast.truth;

import dev.holdfast.memlock.MemlockPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Required properties, for any kernel; each violation results in a message. */
final class Promises {
    /** The limit may be so much above the peak; small guests are excused, since the margin is not a share of memory. */
    static final double TIGHT = 1.02;

    static final long TIGHT_FROM_BYTES = 256L << 20;

    private Promises() {}

    static List<String> broken(
            Scenario scenario, MemlockPlan plan, Run atLimit, @Nullable Run atPeak, @Nullable Run below) {
        long limitBytes = Objects.requireNonNull(plan.limitBytes());
        long peakBytes = atLimit.peakBytes();
        List<String> broken = new ArrayList<>();
        if (atLimit.end() != Run.End.SETTLED || !atLimit.kernel().isEmpty()) {
            broken.add("under its own limit of %d bytes it did not run to the end of its firmware: %s"
                    .formatted(limitBytes, words(atLimit)));
        }
        if (peakBytes > plan.requiredBytes()) {
            broken.add("the kernel charged %d bytes, more than the %d that are counted"
                    .formatted(peakBytes, plan.requiredBytes()));
        }
        if (peakBytes > limitBytes) {
            broken.add("the kernel charged %d bytes, more than the limit of %d".formatted(peakBytes, limitBytes));
        }
        if (scenario.memoryBytes() >= TIGHT_FROM_BYTES && limitBytes > TIGHT * peakBytes) {
            broken.add("the limit of %d bytes is more than %.2f times the peak of %d"
                    .formatted(limitBytes, TIGHT, peakBytes));
        }
        if (atPeak != null && atPeak.end() != Run.End.SETTLED) {
            broken.add("it did not run under exactly its peak of %d bytes, so there was a higher one: %s"
                    .formatted(peakBytes, words(atPeak)));
        }
        if (below != null && !Outcome.of(below, peakBytes - Bench.PAGE).byTheLimit()) {
            broken.add("under one page less than its peak of %d bytes it %s: %s"
                    .formatted(peakBytes, Outcome.of(below, peakBytes - Bench.PAGE), words(below)));
        }
        return broken;
    }

    private static String words(Run run) {
        return "%s, status %d, %s %s".formatted(run.end(), run.status(), run.kernel(), run.qemu());
    }
}
