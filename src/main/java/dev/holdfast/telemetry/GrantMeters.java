package dev.holdfast.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Collection;

/** Meters of the answers to grant requests. */
final class GrantMeters {
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofSeconds(2),
        Duration.ofSeconds(5)
    };

    private final MeterRegistry registry;
    private final Counter grants;
    private final Counter waits;
    private final Timer granting;
    private final Timer waiting;
    private final Timer refusing;

    GrantMeters(MeterRegistry registry) {
        this.registry = registry;
        grants = Counter.builder("holdfast.grants")
                .description("Memlock limits applied")
                .register(registry);
        waits = Counter.builder("holdfast.grant.waits")
                .description("Grant requests that have to be retried, since a grant is not possible yet")
                .register(registry);
        granting = timer("granted");
        waiting = timer("waiting");
        refusing = timer("refused");
    }

    /** Registers the counters of these reasons at 0: an alert on the increase of a counter misses its first appearance. */
    void countRefusals(Collection<String> reasons) {
        reasons.forEach(this::refusals);
    }

    void granted(Duration took) {
        grants.increment();
        granting.record(took);
    }

    void waited(Duration took) {
        waits.increment();
        waiting.record(took);
    }

    void refused(String reason, Duration took) {
        refusals(reason).increment();
        refusing.record(took);
    }

    private Counter refusals(String reason) {
        return Counter.builder("holdfast.grant.refusals")
                .description("Refused grant requests, by reason")
                .tag("reason", reason)
                .register(registry);
    }

    private Timer timer(String result) {
        return Timer.builder("holdfast.grant")
                .description("Time from a complete grant request to its answer, including API reads, by result")
                .tag("result", result)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }
}
