package dev.holdfast.telemetry.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Meters of the HTTP server itself. */
public final class HttpMeters {
    private final Counter crowded;
    private final Counter late;

    /** Registers the meters, at 0. */
    public HttpMeters(MeterRegistry registry) {
        crowded = aborted(registry, "Crowded");
        late = aborted(registry, "Late");
    }

    /**
     * Counts in {@code holdfast_http_connections_aborted_total{reason="Crowded"}}: too many connections of its address,
     * or in total.
     */
    void crowded() {
        crowded.increment();
    }

    /**
     * Counts in {@code holdfast_http_connections_aborted_total{reason="Late"}}: its request, or its end, took too long.
     */
    void late() {
        late.increment();
    }

    private static Counter aborted(MeterRegistry registry, String reason) {
        return Counter.builder("holdfast.http.connections.aborted")
                .description("Connections to the port of health and metrics that the server aborted, by reason")
                .tag("reason", reason)
                .register(registry);
    }
}
