package dev.holdfast.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.BindResult;
import dev.holdfast.telemetry.AgentMeters.DeviceKind;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AgentMetersTest {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final AgentMeters meters = new AgentMeters(registry);

    @Test
    void registersTheDocumentedNames() {
        meters.granted(Duration.ofMillis(2));
        meters.waited(Duration.ofMillis(2));
        meters.refused("OutsideAnyPod", Duration.ofMillis(3));
        meters.registered("gpu", true);
        meters.driverRegistered(false);
        meters.slices().written("create");
        meters.claimPrepared("refused", Duration.ofMillis(5));
        meters.claimUnprepared(true);
        meters.uevent(true);
        meters.ueventsLost();
        meters.busChangeReported(Duration.ofMillis(4));
        meters.bind("Bound", Duration.ofMillis(5));
        meters.scanned(Duration.ofMillis(1));

        assertThat(registry.scrape().lines())
                .contains(
                        "holdfast_grants_total 1.0",
                        "holdfast_grant_waits_total 1.0",
                        "holdfast_grant_refusals_total{reason=\"OutsideAnyPod\"} 1.0",
                        "holdfast_grant_seconds_count{result=\"granted\"} 1",
                        "holdfast_grant_seconds_bucket{result=\"refused\",le=\"0.002\"} 0",
                        "holdfast_grant_seconds_bucket{result=\"refused\",le=\"0.005\"} 1",
                        "holdfast_plugin_registrations_total{class=\"gpu\",result=\"ok\"} 1.0",
                        "holdfast_dra_registrations_total{result=\"error\"} 1.0",
                        "holdfast_dra_prepare_seconds_count{result=\"refused\"} 1",
                        "holdfast_dra_unprepares_total{result=\"ok\"} 1.0",
                        "holdfast_uevents_total{relevant=\"true\"} 1.0",
                        "holdfast_uevents_lost_total 1.0",
                        "holdfast_bus_change_seconds_count 1",
                        "holdfast_binds_total{result=\"Bound\"} 1.0",
                        "holdfast_bind_seconds_count{result=\"Bound\"} 1",
                        "holdfast_scan_seconds_count 1");
    }

    /** An alert on the increase of a counter misses its first appearance. */
    @Test
    void countersOfAlertsStartAtZero() {
        assertThat(registry.scrape().lines())
                .contains(
                        "holdfast_binds_total{result=\"Failed\"} 0.0",
                        "holdfast_dra_unprepares_total{result=\"error\"} 0.0",
                        "holdfast_dra_registrations_total{result=\"error\"} 0.0",
                        "holdfast_watch_fallbacks_total{kind=\"classes\"} 0.0",
                        "holdfast_undecodable_objects_total{kind=\"classes\"} 0.0");
    }

    @Test
    void countsTheResultsOfBinding() {
        assertThat(BindMeters.RESULTS)
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(BindResult.values()).map(BindResult::name).toList());
    }

    @Test
    void reportsWhichPluginsAreRegisteredNow() {
        meters.pluginsRegistered(Map.of("gpu", true, "nic", false));
        assertThat(registry.scrape().lines())
                .contains(
                        "holdfast_plugin_registered{class=\"gpu\"} 1.0",
                        "holdfast_plugin_registered{class=\"nic\"} 0.0");

        meters.pluginsRegistered(Map.of("gpu", false));

        assertThat(registry.scrape().lines())
                .contains("holdfast_plugin_registered{class=\"gpu\"} 0.0")
                .noneMatch(line -> line.contains("class=\"nic\""));
    }

    @Test
    void reportsTheLastAnswerAboutTheDriver() {
        assertThat(registry.scrape().lines()).contains("holdfast_dra_registered 0.0");
        meters.driverRegistered(true);
        assertThat(registry.scrape().lines()).contains("holdfast_dra_registered 1.0");
        meters.driverRegistered(false);
        assertThat(registry.scrape().lines()).contains("holdfast_dra_registered 0.0");
    }

    @Test
    void reportsTheTimeOfTheNodeReport() {
        assertThat(registry.scrape().lines()).contains("holdfast_node_report_timestamp_seconds 0.0");

        meters.nodeReported(Instant.parse("2026-11-30T10:00:00Z"));

        assertThat(registry.scrape().lines()).contains("holdfast_node_report_timestamp_seconds 1.7960328E9");
    }

    @Test
    void reportsAnUnlimitedLimitAsInfinity() {
        meters.vms(List.of(new VmMemory("lab", "a", 10, 10, 3, 8L, -1, null)));

        assertThat(registry.scrape().lines())
                .contains(
                        "holdfast_vm_memlock_limit_bytes{name=\"a\",namespace=\"lab\"} +Inf",
                        "holdfast_vm_memlock_headroom_bytes{name=\"a\",namespace=\"lab\"} +Inf");
    }

    @Test
    void reportsMemoryOfCurrentVmsOnly() {
        meters.vms(List.of(
                new VmMemory("lab", "a", 10, 10, 3, 15L, 20, 1L), new VmMemory("lab", "b", 11, 11, 0, null, 21, null)));
        assertThat(registry.scrape().lines())
                .contains("holdfast_vm_locked_bytes{name=\"b\",namespace=\"lab\"} 11.0")
                .noneMatch(line -> line.startsWith("holdfast_vm_memlock_required_bytes{name=\"b\""));

        meters.vms(List.of(new VmMemory("lab", "a", 12, 14, 3, 15L, 20, 1L)));

        assertThat(registry.scrape().lines())
                .contains(
                        "holdfast_vm_locked_bytes{name=\"a\",namespace=\"lab\"} 12.0",
                        "holdfast_vm_locked_peak_bytes{name=\"a\",namespace=\"lab\"} 14.0",
                        "holdfast_vm_pinned_bytes{name=\"a\",namespace=\"lab\"} 3.0",
                        "holdfast_vm_memlock_required_bytes{name=\"a\",namespace=\"lab\"} 15.0",
                        "holdfast_vm_memlock_limit_bytes{name=\"a\",namespace=\"lab\"} 20.0",
                        "holdfast_vm_memlock_headroom_bytes{name=\"a\",namespace=\"lab\"} 8.0",
                        "holdfast_vm_memlock_headroom_threshold_bytes{name=\"a\",namespace=\"lab\"} 1.0")
                .noneMatch(line -> line.contains("name=\"b\""));
    }

    @Test
    void reportsCurrentKindsOfDevicesOnly() {
        meters.devices(Map.of(new DeviceKind("gpu", "Free"), 2, new DeviceKind("", "NotViable"), 1), 2, 1);
        meters.devices(Map.of(new DeviceKind("gpu", "Allocated"), 2), 2, 0);

        assertThat(registry.scrape().lines())
                .contains(
                        "holdfast_devices{class=\"gpu\",state=\"Allocated\"} 2.0",
                        "holdfast_iommu_groups{viable=\"true\"} 2.0",
                        "holdfast_iommu_groups{viable=\"false\"} 0.0")
                .noneMatch(line -> line.contains("state=\"Free\"") || line.contains("NotViable"));
    }
}
