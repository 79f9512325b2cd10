package dev.holdfast.truth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class RunTest {
    private static final String REFUSED = """
            end exited
            samples 230
            milliseconds 4600
            longest-gap 679
            peak 2097152
            last 0
            status 1
            kernel [   26.703386] vfio_pin_pages_remote: RLIMIT_MEMLOCK (268431360) exceeded
            qemu qemu-system-x86_64: -device vfio-pci: VFIO_MAP_DMA failed: Cannot allocate memory
            qemu qemu-system-x86_64: failed to setup container for group 11
            """;

    @Test
    void readsWhatTheMeasurementSays() {
        Run run = Run.parse(REFUSED);

        assertThat(run.end()).isEqualTo(Run.End.EXITED);
        assertThat(run.peakBytes()).isEqualTo(2097152);
        assertThat(run.longestGapMillis()).isEqualTo(679);
        assertThat(run.samplesPerSecond()).isEqualTo(50);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.kernel()).hasSize(1);
        assertThat(run.qemu()).hasSize(2);
    }

    @Test
    void aMeasurementThatBrokeOffIsNone() {
        assertThatThrownBy(() -> Run.parse("end settled\nsamples 7\n"))
                .hasMessageContaining("\"milliseconds\"")
                .hasMessageContaining("samples 7");
    }

    @Test
    void onlyTheKernelsOwnLineWithThatVeryLimitProvesThatTheLimitWasTheReason() {
        assertThat(Outcome.of(Run.parse(REFUSED), 268431360)).isEqualTo(Outcome.REFUSED_AT_START);
        assertThat(Outcome.of(Run.parse(REFUSED), 268435456)).isEqualTo(Outcome.ENDED_OTHERWISE);
        assertThat(Outcome.of(Run.parse(REFUSED.replace("kernel ", "other ")), 268431360))
                .isEqualTo(Outcome.ENDED_OTHERWISE);
        assertThat(Outcome.of(Run.parse(REFUSED.replace("Cannot allocate memory", "Bad address")), 268431360))
                .isEqualTo(Outcome.ENDED_OTHERWISE);
    }

    @Test
    void anAbortComesAfterTheStart() {
        assertThat(Outcome.of(Run.parse(REFUSED.replace("status 1", "status 134")), 268431360))
                .isEqualTo(Outcome.ABORTED_LATER);
        assertThat(Outcome.of(Run.parse(REFUSED.replace("status 1", "status 139")), 268431360))
                .isEqualTo(Outcome.ENDED_OTHERWISE);
        assertThat(Outcome.of(Run.parse(REFUSED.replace("exited", "settled")), 268431360))
                .isEqualTo(Outcome.RAN);
    }
}
