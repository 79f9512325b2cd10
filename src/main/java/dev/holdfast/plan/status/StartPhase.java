package dev.holdfast.plan.status;

import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.StartTimes;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.observed.RecordedStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Phases of the time between the creation of a pod and the start of its guest. */
public enum StartPhase {
    /** The pod exists and has no node. */
    SCHEDULING("Scheduling", StartTimes::created, StartTimes::scheduled),
    /** The kubelet allocates devices, mounts volumes and pulls the image. */
    PREPARING("Preparing", StartTimes::scheduled, StartTimes::executed),
    /** The launcher runs its dry-run, requests its limit and waits for it. */
    GRANTING("Granting", StartTimes::executed, StartTimes::granted),
    /** QEMU starts and locks the guest's memory. */
    EXECUTING("Executing", StartTimes::granted, StartTimes::running),
    /** All of these phases together. */
    TOTAL("Total", StartTimes::created, StartTimes::running);

    private final String label;
    private final Function<StartTimes, @Nullable String> begin;
    private final Function<StartTimes, @Nullable String> end;

    StartPhase(String label, Function<StartTimes, @Nullable String> begin, Function<StartTimes, @Nullable String> end) {
        this.label = label;
        this.begin = begin;
        this.end = end;
    }

    /** Returns the value of the metric's label. */
    public String label() {
        return label;
    }

    /**
     * Returns the duration of each phase, once, when the status first says that QEMU runs; otherwise empty. Clocks that differ
     * may make a duration too short, but never negative.
     */
    public static Map<StartPhase, Duration> justEnded(@Nullable PassthroughVMStatus before, PassthroughVMStatus after) {
        Map<StartPhase, Duration> took = new EnumMap<>(StartPhase.class);
        StartTimes times = new RecordedStatus(after).startTimes();
        Optional<String> running = Given.of(times.running());
        if (running.isEmpty()
                || running.equals(
                        Given.of(new RecordedStatus(before).startTimes().running()))) {
            return took;
        }
        for (StartPhase phase : values()) {
            phase.took(times).ifPresent(duration -> took.put(phase, duration));
        }
        return took;
    }

    private Optional<Duration> took(StartTimes times) {
        return Given.of(begin.apply(times))
                .flatMap(from ->
                        Given.of(end.apply(times)).map(to -> Duration.between(Instant.parse(from), Instant.parse(to))))
                .map(duration -> duration.isNegative() ? Duration.ZERO : duration);
    }
}
