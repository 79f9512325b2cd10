package dev.holdfast.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** Meters of the ResourceSlices of a node. */
public final class SliceMeters {
    private final MeterRegistry registry;
    private final AtomicInteger devices = new AtomicInteger();

    SliceMeters(MeterRegistry registry) {
        this.registry = registry;
        Gauge.builder("holdfast.dra.devices", devices, AtomicInteger::get)
                .description("Devices in the ResourceSlices of this node")
                .register(registry);
    }

    /** Sets the number of devices in ResourceSlices. */
    public void published(int count) {
        devices.set(count);
    }

    /**
     * Counts a write that the API server accepted.
     *
     * @param operation create, replace or delete
     */
    public void written(String operation) {
        Counter.builder("holdfast.dra.slice.writes")
                .description("Writes of ResourceSlices, by operation")
                .tag("operation", operation)
                .register(registry)
                .increment();
    }
}
