package dev.holdfast.plan.status;

import dev.holdfast.api.node.Grant;
import dev.holdfast.api.vm.StartTimes;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.observed.PodState;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * When a pod came how far: read where others wrote it, and written along with what is written anyway. What is known once
 * stays, or every word of another clock would be a write of the status.
 */
final class StartTimeline {
    private StartTimeline() {}

    /** What the pod itself tells, besides what was known of it. */
    static StartTimes of(Pod pod, @Nullable StartTimes known) {
        StartTimes before = Given.of(known).orElseGet(StartTimes::none);
        return new StartTimes(
                first(before.created(), pod.getMetadata().getCreationTimestamp()),
                first(before.scheduled(), PodState.scheduled(pod).orElse(null)),
                first(before.executed(), PodState.executed(pod).orElse(null)),
                before.granted(),
                before.running());
    }

    static StartTimes granted(StartTimes known, Grant grant) {
        return new StartTimes(
                known.created(),
                known.scheduled(),
                known.executed(),
                first(known.granted(), grant.time()),
                known.running());
    }

    static StartTimes running(StartTimes known, Instant now) {
        return new StartTimes(
                known.created(),
                known.scheduled(),
                known.executed(),
                known.granted(),
                first(known.running(), now.truncatedTo(ChronoUnit.MILLIS).toString()));
    }

    private static @Nullable String first(@Nullable String known, @Nullable String found) {
        return known == null ? found : known;
    }
}
