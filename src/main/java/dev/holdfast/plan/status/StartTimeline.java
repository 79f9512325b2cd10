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
 * Start-up timestamps of a pod, taken from its status and its grant. They are written together with other changes of the
 * VM's status. A known timestamp is kept, as otherwise a different clock of another writer would cause another write.
 */
final class StartTimeline {
    private StartTimeline() {}

    /** Returns the known timestamps, completed by those of the pod. */
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
