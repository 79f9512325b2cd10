package dev.holdfast.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Set;

/** Meters of attempts to bind groups or to give them back. */
final class BindMeters {
    static final Set<String> RESULTS = Set.of("Bound", "InUse", "Failed", "Restored");

    private final MeterRegistry registry;

    /** Registers the counters at once, at 0: an alert on the increase of a counter misses its first appearance. */
    BindMeters(MeterRegistry registry) {
        this.registry = registry;
        RESULTS.forEach(this::counter);
    }

    /**
     * Records an attempt.
     *
     * @param result one of {@link #RESULTS}
     */
    void record(String result, Duration took) {
        counter(result).increment();
        Timer.builder("holdfast.bind")
                .description("Duration of attempts to bind groups or to give them back, by result")
                .tag("result", result)
                .register(registry)
                .record(took);
    }

    private Counter counter(String result) {
        return Counter.builder("holdfast.binds")
                .description("Attempts to bind groups or to give them back, by result")
                .tag("result", result)
                .register(registry);
    }
}
