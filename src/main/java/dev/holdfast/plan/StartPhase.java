package dev.holdfast.plan;

import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.StartTimes;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the time between a pod and a running guest is spent on. */
public enum StartPhase {
    /** The pod is there and has no node. */
    SCHEDULING("Scheduling", StartTimes::created, StartTimes::scheduled),
    /** The kubelet allocates devices, mounts volumes, pulls the image. */
    PREPARING("Preparing", StartTimes::scheduled, StartTimes::executed),
    /** The launcher measures, asks, and waits for its limit. */
    GRANTING("Granting", StartTimes::executed, StartTimes::granted),
    /** QEMU starts and locks the guest's memory. */
    EXECUTING("Executing", StartTimes::granted, StartTimes::running),
    /** All of it. */
    TOTAL("Total", StartTimes::created, StartTimes::running);

    private final String label;
    private final Function<StartTimes, @Nullable String> begin;
    private final Function<StartTimes, @Nullable String> end;

    StartPhase(String label, Function<StartTimes, @Nullable String> begin, Function<StartTimes, @Nullable String> end) {
        this.label = label;
        this.begin = begin;
        this.end = end;
    }

    /** For the metric's tag. */
    public String label() {
        return label;
    }

    /**
     * How long each took, once, when the status first says that QEMU runs; otherwise empty. Clocks that differ may make
     * a phase shorter than it was, but not shorter than nothing.
     */
    public static Map<StartPhase, Duration> justEnded(@Nullable PassthroughVMStatus before, PassthroughVMStatus after) {
        Map<StartPhase, Duration> took = new EnumMap<>(StartPhase.class);
        StartTimes times = after.startTimes();
        if (times == null || times.running() == null || isKnown(before, times.running())) {
            return took;
        }
        for (StartPhase phase : values()) {
            String from = phase.begin.apply(times);
            String to = phase.end.apply(times);
            if (from != null && to != null) {
                Duration duration = Duration.between(Instant.parse(from), Instant.parse(to));
                took.put(phase, duration.isNegative() ? Duration.ZERO : duration);
            }
        }
        return took;
    }

    private static boolean isKnown(@Nullable PassthroughVMStatus before, String running) {
        return before != null
                && before.startTimes() != null
                && Objects.equals(before.startTimes().running(), running);
    }
}
