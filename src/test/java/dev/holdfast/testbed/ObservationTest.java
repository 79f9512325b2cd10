package dev.holdfast.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;

class ObservationTest {
    private static final String WHOLE_LIFE = """
            1795363529.1 302 runc:[0:PARENT] 8388608 0
            1795363531.6 307 java 8388608 0
            1795363574.5 307 qemu-system-x86 269746176 0
            1795363578.0 307 qemu-system-x86 269746176 262144
            1795363578.3 307 qemu-system-x86 269746176 4096
            samples 900 milliseconds 15000 peak 262144
            """;

    @Test
    void tellsTheLimitBeforeAndAfterThePeakAndTheRate() {
        Observation seen = Observation.parse(WHOLE_LIFE);

        assertThat(seen.firstLimitBytes()).isEqualTo(8388608);
        assertThat(seen.last().name()).isEqualTo("qemu-system-x86");
        assertThat(seen.last().limitBytes()).isEqualTo(269746176);
        assertThat(seen.peakLockedBytes()).isEqualTo(262144 * 1024L);
        assertThat(Objects.requireNonNull(seen.summary()).samplesPerSecond()).isEqualTo(60);
    }

    @Test
    void hasNoSummaryWhileTheProcessLives() {
        assertThat(Observation.parse(WHOLE_LIFE.substring(0, 100)).summary()).isNull();
    }

    @Test
    void readsTheGuestsListFromItsConsole() {
        GuestConsole console = GuestConsole.parse("""
                [    1.0] some kernel line
                guest-pci 0000:01:00.0 1234:1111 class=0x038000\r
                guest-pci 0000:01:00.1 8086:2668 class=0x040300\r
                guest-ready\r
                """);

        assertThat(console.ready()).isTrue();
        assertThat(console.pciFunctions())
                .containsExactly("0000:01:00.0 1234:1111 class=0x038000", "0000:01:00.1 8086:2668 class=0x040300");
    }
}
