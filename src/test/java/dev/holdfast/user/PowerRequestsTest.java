package dev.holdfast.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.RunStrategy;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PowerRequestsTest {
    private static final Instant NOW = Instant.parse("2026-12-01T12:00:00.123Z");
    private static final String RESTART = "holdfast.dev/restartedAt";
    private static final String FORMER = "holdfast.dev/formerRunStrategy";

    @Test
    void stopNotesTheStrategyThatStartRestores() {
        assertThat(PowerRequests.stop(vm("RerunOnFailure", "", "")))
                .isEqualTo(
                        new PowerRequest.Write(
                                Optional.of(RunStrategy.Halted),
                                Map.of(FORMER, "RerunOnFailure"),
                                "lab/vm is stopping: spec.runStrategy is Halted, and `holdfast start` sets it to RerunOnFailure again"));

        assertThat(started("Halted", "\"%s\": \"RerunOnFailure\"".formatted(FORMER)))
                .isEqualTo(new PowerRequest.Write(
                        Optional.of(RunStrategy.RerunOnFailure),
                        Map.of(FORMER, ""),
                        "lab/vm is starting: spec.runStrategy is RerunOnFailure, it was Halted"));
    }

    @ParameterizedTest
    @CsvSource({"nonsense", "Halted", "''"})
    void startsWithTheDefaultAfterAStrangeNote(String note) {
        assertThat(started("Halted", "\"%s\": \"%s\"".formatted(FORMER, note)))
                .extracting(request -> ((PowerRequest.Write) request).strategy())
                .isEqualTo(Optional.of(RunStrategy.Always));
    }

    @Test
    void aVmWithoutAStrategyRunsAlways() {
        assertThat(PowerRequests.start(vm("", "", ""), Optional.empty(), NOW)).isInstanceOf(PowerRequest.Already.class);
        assertThat(PowerRequests.stop(vm("Halted", "", ""))).isInstanceOf(PowerRequest.Already.class);
    }

    @Test
    void startsAGuestThatPoweredItselfOff() {
        PowerRequest request = PowerRequests.start(
                vm("RerunOnFailure", "", "\"phase\": \"Succeeded\", \"podUID\": \"1\""), Optional.empty(), NOW);

        assertThat(request)
                .isEqualTo(new PowerRequest.Write(
                        Optional.empty(),
                        Map.of(RESTART, "2026-12-01T12:00:00.123Z"),
                        "lab/vm is starting: it was Succeeded, and spec.runStrategy is RerunOnFailure"));
    }

    @Test
    void doesNotInterruptTheBackOffBetweenTwoStarts() {
        assertThat(PowerRequests.start(
                        vm("RerunOnFailure", "", "\"phase\": \"Failed\", \"nextStartTime\": \"2026-12-01T12:00:10Z\""),
                        Optional.empty(),
                        NOW))
                .isInstanceOf(PowerRequest.Already.class);
    }

    @Test
    void doesNotRunAMachineTwiceUnderOnce() {
        String succeeded = "\"phase\": \"Succeeded\"";
        assertThat(PowerRequests.start(vm("Once", "", succeeded), Optional.empty(), NOW))
                .isInstanceOf(PowerRequest.Refused.class);
        assertThat(PowerRequests.restart(vm("Once", "", ""), NOW)).isInstanceOf(PowerRequest.Refused.class);
        assertThat(PowerRequests.start(vm("Once", "", succeeded), Optional.of(RunStrategy.Always), NOW))
                .extracting(request -> ((PowerRequest.Write) request).strategy())
                .isEqualTo(Optional.of(RunStrategy.Always));
    }

    @Test
    void refusesToRestartAStoppedVm() {
        assertThat(PowerRequests.restart(vm("Halted", "", ""), NOW).message())
                .isEqualTo("lab/vm is stopped, because spec.runStrategy is Halted; start it with `holdfast start`");
    }

    /** The operator ignores a request from before the machine's start, and one that it has served. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"startTimes\": {\"created\": \"2026-12-01T12:05:00Z\"}    | 2026-12-01T12:05:00.001Z",
                "\"startTimes\": {\"executed\": \"2026-12-01T12:05:03Z\"}   | 2026-12-01T12:05:03.001Z",
                "\"restartedAt\": \"2026-12-01T14:00:00+01:00\"             | 2026-12-01T13:00:00.001Z",
                "\"restartedAt\": \"not a time\"                            | 2026-12-01T12:00:00.123Z"
            })
    void restartsAlsoWhenTheClockOfThisHostIsLate(String status, String time) {
        assertThat(PowerRequests.restart(vm("Always", "", status), NOW))
                .extracting(request -> ((PowerRequest.Write) request).annotations())
                .isEqualTo(Map.of(RESTART, time));
    }

    @Test
    void aSecondRestartIsLaterThanTheFirst() {
        assertThat(PowerRequests.restart(
                        vm("Always", "\"%s\": \"2026-12-01T12:00:00.123Z\"".formatted(RESTART), ""), NOW))
                .extracting(request -> ((PowerRequest.Write) request).annotations())
                .isEqualTo(Map.of(RESTART, "2026-12-01T12:00:00.124Z"));
    }

    private static PowerRequest started(String strategy, String annotations) {
        return PowerRequests.start(vm(strategy, annotations, ""), Optional.empty(), NOW);
    }

    static VmView vm(String strategy, String annotations, String status) {
        return new VmView(UserCluster.parsed("""
                {"metadata": {"namespace": "lab", "name": "vm", "resourceVersion": "1", "generation": 1, "annotations": {%s}},
                 "spec": {%s}, "status": {%s}}
                """.formatted(
                        annotations, strategy.isEmpty() ? "" : "\"runStrategy\": \"%s\"".formatted(strategy), status)));
    }
}
