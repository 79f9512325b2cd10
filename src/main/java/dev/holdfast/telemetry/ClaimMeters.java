package dev.holdfast.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;

/** Meters of the kubelet's requests about ResourceClaims. */
final class ClaimMeters {
    private static final List<String> PREPARE_RESULTS = List.of("prepared", "refused", "failed");

    private final MeterRegistry registry;

    /** Registers the counters at once, at 0: an alert on the increase of a counter misses its first appearance. */
    ClaimMeters(MeterRegistry registry) {
        this.registry = registry;
        PREPARE_RESULTS.forEach(this::prepares);
        unprepares(true);
        unprepares(false);
    }

    /**
     * Records a request to prepare a claim.
     *
     * @param result prepared, refused or failed
     */
    void prepared(String result, Duration took) {
        prepares(result).record(took);
    }

    /** Counts a request to unprepare a claim. */
    void unprepared(boolean done) {
        unprepares(done).increment();
    }

    private Timer prepares(String result) {
        return Timer.builder("holdfast.dra.prepare")
                .description("Requests of the kubelet to prepare a ResourceClaim, and their duration, by result")
                .tag("result", result)
                .register(registry);
    }

    private Counter unprepares(boolean done) {
        return Counter.builder("holdfast.dra.unprepares")
                .description("Requests of the kubelet to unprepare a ResourceClaim, by result")
                .tag("result", done ? "ok" : "error")
                .register(registry);
    }
}
