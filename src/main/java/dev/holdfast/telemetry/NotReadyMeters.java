package dev.holdfast.telemetry;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;

/**
 * Meters of VMs that are not ready. Their number is bounded by phases and reasons, whatever the number of VMs is; the
 * names of the VMs are in the API server.
 */
public final class NotReadyMeters {
    private final MultiGauge vms;
    private final MultiGauge since;
    private final AtomicInteger crashLooping = new AtomicInteger();

    NotReadyMeters(MeterRegistry registry) {
        vms = MultiGauge.builder("holdfast.vms.not.ready")
                .description("VMs whose condition Ready is not True, by phase and reason")
                .register(registry);
        since = MultiGauge.builder("holdfast.vms.not.ready.oldest.timestamp")
                .description("Unix time of the last change of a condition of the VM that has made no progress for the"
                        + " longest time, of the VMs that are not ready, by phase and reason")
                .baseUnit("seconds")
                .register(registry);
        Gauge.builder("holdfast.vms.crash.looping", crashLooping, AtomicInteger::get)
                .description("VMs that are not ready and were restarted at least three times since they last ran for"
                        + " ten minutes")
                .register(registry);
    }

    /**
     * Sets the counts; pairs of phase and reason that are missing lose their gauges.
     *
     * @param all      VMs that are not ready
     * @param crashing number of these that fail again after each restart
     */
    public void set(List<NotReadyVms> all, int crashing) {
        vms.register(rows(all, NotReadyVms::count), true);
        since.register(rows(all, some -> some.since().getEpochSecond()), true);
        crashLooping.set(crashing);
    }

    private static List<Row<?>> rows(List<NotReadyVms> all, ToDoubleFunction<NotReadyVms> value) {
        return all.stream()
                .<Row<?>>map(some ->
                        Row.of(Tags.of("phase", some.phase(), "reason", some.reason()), value.applyAsDouble(some)))
                .toList();
    }
}
