package dev.holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class LaunchTimesTest {
    private static final Instant CALLED = Instant.parse("2026-12-01T11:00:00Z");
    private static final String LOG = """
            2026-12-01T11:00:00.180Z INFO  Launcher - measured in a dry-run what VFIO will map measuredBytes="0" tookMs="60" qemuCpuMs="30"
            2026-12-01T11:00:00.210Z INFO  Launcher - executing QEMU vm="a/b" waitedMs="10" totalMs="215" argv="[x]"
            """;

    /** 2026-12-01T11:00:00.220Z, and a process of 190 ms. */
    private static final String EXECUTED =
            "1796122800220000000\n77 (qemu) S 1 77 77 0 -1 0 92 0 0 0 15 4 0 0 20 0 1 0 98765 1 2\n";

    @Test
    void dividesTheTimeIntoPartsThatMakeTheWhole() {
        LaunchTimes times = LaunchTimes.of(CALLED, LOG, EXECUTED, CALLED.plusMillis(300));

        assertThat(times).isEqualTo(new LaunchTimes(120, 60, 10, 30, 220, 190, 80));
        assertThat(times.begin() + times.dryRun() + times.grant() + times.rest())
                .isEqualTo(times.execution());
    }

    @Test
    void takesTheMedianOfEachPart() {
        assertThat(LaunchTimes.median(List.of(
                        new LaunchTimes(1, 20, 1, 1, 1, 1, 7),
                        new LaunchTimes(2, 30, 1, 1, 1, 1, 9),
                        new LaunchTimes(9, 10, 1, 1, 1, 1, 8))))
                .isEqualTo(new LaunchTimes(2, 20, 1, 1, 1, 1, 8));
    }

    @Test
    void refusesALauncherWithoutADryRun() {
        assertThatThrownBy(() -> LaunchTimes.of(CALLED, "no measurement\n", EXECUTED, CALLED))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no measurement");
    }
}
