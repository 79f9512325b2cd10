package dev.holdfast.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.telemetry.OperatorMeters;
import dev.holdfast.testbed.fixtures.Statuses;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.api.ListAssert;
import org.junit.jupiter.api.Test;

final class NotReadyCountsTest {
    private static final String EARLY = "2026-11-30T10:00:00Z";
    private static final String LATE = "2026-11-30T10:05:00Z";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final List<PassthroughVM> vms = new ArrayList<>();
    private final NotReadyCounts counts = new NotReadyCounts(vms::stream, new OperatorMeters(registry).countNotReady());

    @Test
    void countsByPhaseAndReasonWithTheTimeOfTheOldest() {
        vms.add(vm("Pending", 0, ready("False", "Unschedulable", LATE)));
        vms.add(vm("Pending", 0, ready("False", "Unschedulable", EARLY)));
        vms.add(vm("Starting", 0, ready("False", "WaitingForGrant", LATE)));

        counts.run();

        page().contains(
                        "holdfast_vms_not_ready{phase=\"Pending\",reason=\"Unschedulable\"} 2.0",
                        "holdfast_vms_not_ready{phase=\"Starting\",reason=\"WaitingForGrant\"} 1.0",
                        oldest("Pending", "Unschedulable", EARLY),
                        oldest("Starting", "WaitingForGrant", LATE));
    }

    @Test
    void leavesOutVmsThatAreReadyOrOffOrHaveNoPhase() {
        vms.add(vm("Running", 9, ready("True", "Running", EARLY)));
        vms.add(vm("Stopped", 9, condition("Stopped", "True", "Halted", EARLY)));
        vms.add(new PassthroughVM());
        PassthroughVM undecodable = new PassthroughVM();
        undecodable.setStatus(Statuses.of(Map.of("conditions", List.of(ready("False", "InvalidStatus", EARLY)))));
        vms.add(undecodable);

        counts.run();

        page().noneMatch(line -> line.startsWith("holdfast_vms_not_ready")).contains("holdfast_vms_crash_looping 0.0");
    }

    /** Each phase of a start changes a condition; the condition Ready stays False. */
    @Test
    void theLatestChangeOfAnyConditionIsProgress() {
        vms.add(vm(
                "Starting",
                0,
                ready("False", "WaitingForGrant", EARLY),
                condition("DevicesAllocated", "True", "Scheduled", LATE)));

        counts.run();

        page().contains(oldest("Starting", "WaitingForGrant", LATE));
    }

    @Test
    void aReasonOfTheKubeletIsCountedAsOther() {
        vms.add(vm("Starting", 0, ready("False", "CreateContainerConfigError", EARLY)));
        vms.add(vm("Starting", 0, ready("False", "ErrImageNeverPull", EARLY)));

        counts.run();

        page().contains("holdfast_vms_not_ready{phase=\"Starting\",reason=\"Other\"} 2.0");
    }

    @Test
    void countsVmsThatFailAfterEachRestart() {
        vms.add(vm("Failed", NotReadyCounts.CRASH_LOOP, ready("False", "QemuFailed", EARLY)));
        vms.add(vm("Starting", NotReadyCounts.CRASH_LOOP + 1, ready("False", "WaitingForGrant", EARLY)));
        vms.add(vm("Failed", NotReadyCounts.CRASH_LOOP - 1, ready("False", "QemuFailed", EARLY)));

        counts.run();

        page().contains("holdfast_vms_crash_looping 2.0");
    }

    @Test
    void pairsThatNoVmHasAnyMoreLoseTheirGauges() {
        vms.add(vm("Pending", 0, ready("False", "Unschedulable", EARLY)));
        counts.run();
        vms.clear();

        counts.run();

        page().noneMatch(line -> line.startsWith("holdfast_vms_not_ready"));
    }

    /** The number of series depends on phases and reasons only. */
    @Test
    void tenThousandVmsHaveTheSeriesOfOne() {
        IntStream.range(0, 10_000).forEach(i -> vms.add(vm("Pending", 0, ready("False", "NotEnoughDevices", EARLY))));

        counts.run();

        page().filteredOn(line -> line.startsWith("holdfast_vms_not_ready")).hasSize(2);
    }

    @Test
    void aTimeThatIsNoneDoesNotEndTheTask() {
        vms.add(vm("Pending", 0, ready("False", "Unschedulable", "yesterday")));
        vms.add(vm("Pending", 0, ready("False", "Scheduling", EARLY)));

        counts.run();

        page().contains("holdfast_vms_not_ready{phase=\"Pending\",reason=\"Scheduling\"} 1.0");
    }

    private ListAssert<String> page() {
        return assertThat(
                registry.scrape().lines().filter(line -> !line.startsWith("#")).toList());
    }

    private static String oldest(String phase, String reason, String at) {
        return "holdfast_vms_not_ready_oldest_timestamp_seconds{phase=\"%s\",reason=\"%s\"} %s"
                .formatted(phase, reason, (double) Instant.parse(at).getEpochSecond());
    }

    @SafeVarargs
    private static PassthroughVM vm(String phase, int restarts, Map<String, String>... conditions) {
        PassthroughVM vm = new PassthroughVM();
        vm.setStatus(Statuses.of(Map.of("phase", phase, "restarts", restarts, "conditions", List.of(conditions))));
        return vm;
    }

    private static Map<String, String> ready(String status, String reason, String at) {
        return condition("Ready", status, reason, at);
    }

    private static Map<String, String> condition(String type, String status, String reason, String at) {
        return Map.of("type", type, "status", status, "reason", reason, "lastTransitionTime", at, "message", "");
    }
}
