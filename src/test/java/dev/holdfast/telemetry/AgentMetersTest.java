package dev.holdfast.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.telemetry.AgentMeters.VmMemory;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class AgentMetersTest {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final AgentMeters meters = new AgentMeters(registry);

    @Test
    void countsUnderTheNamesThatDashboardsUse() {
        meters.granted();
        meters.waited();
        meters.refused("OutsideAnyPod");
        meters.answered(Duration.ofMillis(2));

        assertThat(registry.scrape().lines())
                .contains(
                        "holdfast_grants_total 1.0",
                        "holdfast_grant_waits_total 1.0",
                        "holdfast_grant_refusals_total{reason=\"OutsideAnyPod\"} 1.0",
                        "holdfast_grant_seconds_count 1");
    }

    @Test
    void showsNoLimitAsInfinity() {
        meters.vms(List.of(new VmMemory("lab", "a", 10, 3, -1)));

        assertThat(registry.scrape().lines())
                .contains("holdfast_vm_memlock_limit_bytes{name=\"a\",namespace=\"lab\"} +Inf");
    }

    @Test
    void showsTheMemoryOfEachVmAndNothingOfThoseThatAreGone() {
        meters.vms(List.of(new VmMemory("lab", "a", 10, 3, 20), new VmMemory("lab", "b", 11, 0, 21)));
        meters.vms(List.of(new VmMemory("lab", "a", 12, 3, 20)));

        assertThat(registry.scrape().lines())
                .contains(
                        "holdfast_vm_locked_bytes{name=\"a\",namespace=\"lab\"} 12.0",
                        "holdfast_vm_pinned_bytes{name=\"a\",namespace=\"lab\"} 3.0",
                        "holdfast_vm_memlock_limit_bytes{name=\"a\",namespace=\"lab\"} 20.0")
                .noneMatch(line -> line.contains("name=\"b\""));
    }
}
