package dev.holdfast.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import org.junit.jupiter.api.Test;

class OperatorMetersTest {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    /** A counter that appears with its first event has no increase then, so the first start would not be seen. */
    @Test
    void startsAndPodsAreCountedFromZero() {
        OperatorMeters meters = new OperatorMeters(registry);

        meters.countStarts(List.of("Granting", "Total"));

        assertThat(registry.scrape().lines())
                .contains(
                        "holdfast_vm_pods_total 0.0",
                        "holdfast_vm_start_seconds_bucket{phase=\"Granting\",le=\"+Inf\"} 0",
                        "holdfast_vm_start_seconds_bucket{phase=\"Total\",le=\"+Inf\"} 0");
    }
}
