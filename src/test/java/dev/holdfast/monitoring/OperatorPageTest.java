package dev.holdfast.monitoring;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Metrics of the operator that alerts use and that its framework, or a task beside it, counts. */
@Slow
class OperatorPageTest {
    private static final String FAILURES = "reconciliations_failure_total";

    @TempDir
    Path directory;

    @Test
    void failedReconciliationsAreCountedFromZeroInOneSeries() throws Exception {
        try (OperatorPage page = OperatorPage.start(directory)) {
            assertThat(lines(page, FAILURES)).containsExactly(FAILURES + "{controller_name=\"passthroughvm\"} 0.0");

            page.world().refuseStatus();
            page.world().removePod();

            eventually("counted", () -> !lines(page, FAILURES).getFirst().endsWith(" 0.0"));
            assertThat(lines(page, FAILURES)).hasSize(1);
        }
    }

    @Test
    void aVmThatWaitsIsCountedWithItsReason() throws Exception {
        try (OperatorPage page = OperatorPage.start(directory)) {
            eventually(
                    "only the second VM waits",
                    () -> lines(page, "holdfast_vms_not_ready{")
                            .equals(List.of(
                                    "holdfast_vms_not_ready{phase=\"Pending\",reason=\"DeviceClassUnknown\"} 1.0")));
            assertThat(lines(page, "holdfast_vms_not_ready_oldest_timestamp_seconds{phase=\"Pending\""))
                    .hasSize(1);
        }
    }

    private static List<String> lines(OperatorPage page, String prefix) throws Exception {
        return page.text().lines().filter(line -> line.startsWith(prefix)).toList();
    }
}
