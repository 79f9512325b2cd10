package dev.holdfast.api.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.VmReference;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemlockHeadroomTest {
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    @ParameterizedTest(name = "limit {0} MiB, required {1} MiB: threshold {2} KiB")
    @CsvSource({
        // Exact, 1 MiB of margin on 256 MiB: 2 % would be 5 MiB, more than the margin.
        "257, 256, 512",
        // Libvirt, 1 GiB of margin on 64 GiB: 2 % would be 1.3 GiB.
        "66560, 65536, 524288",
        // Libvirt, 1 GiB of margin on 4 GiB: half of it would be more than 2 %.
        "5120, 4096, 104857",
        "256, 256, 0",
        "100, 256, 0"
    })
    void thresholdIsTheSmallerOfTwoPerCentAndHalfOfTheMargin(long limitMib, long requiredMib, long thresholdKib) {
        assertThat(MemlockHeadroom.thresholdBytes(limitMib * MIB, requiredMib * MIB) / 1024)
                .isEqualTo(thresholdKib);
    }

    @Test
    void doesNotWarnWhenTheRequiredBytesAreLocked() {
        assertThat(headroom(257 * MIB, 256 * MIB, null, 256 * MIB).low()).isFalse();
        assertThat(headroom(257 * MIB, 256 * MIB, null, 256 * MIB).ample()).isTrue();
    }

    @Test
    void warnsWhenMoreThanHalfOfTheMarginIsLocked() {
        assertThat(headroom(257 * MIB, 256 * MIB, null, 256 * MIB + 512 * 1024).low())
                .isFalse();
        MemlockHeadroom low = headroom(257 * MIB, 256 * MIB, null, 256 * MIB + 512 * 1024 + 4096);
        assertThat(low.low()).isTrue();
        assertThat(low.ample()).isFalse();
        assertThat(low.warning())
                .isEqualTo("QEMU has locked 268963840 bytes of its limit of 269484032; 520192 are left, but at least"
                        + " 524288 must be, or the next mapping can fail; restart the VM with the memlock policy"
                        + " Libvirt, and report these numbers with the version of QEMU");
    }

    @Test
    void keepsTheWarningUntilTheHeadroomIsAmple() {
        MemlockHeadroom between = headroom(257 * MIB, 256 * MIB, null, 256 * MIB + 400 * 1024);

        assertThat(between.low()).isFalse();
        assertThat(between.ample()).isFalse();
    }

    @Test
    void usesTheMeasurementThatRaisedTheLimit() {
        assertThat(headroom(301 * MIB, 256 * MIB, 300 * MIB, 300 * MIB).low()).isFalse();
        assertThat(headroom(301 * MIB, 256 * MIB, 300 * MIB, 300 * MIB + 600 * 1024)
                        .low())
                .isTrue();
    }

    @Test
    void isEmptyWithoutALimitOrRequiredBytes() {
        assertThat(MemlockHeadroom.of(grant(-1, GIB, null), GIB)).isEmpty();
        assertThat(MemlockHeadroom.of(grant(GIB, null, null), GIB)).isEmpty();
        assertThat(MemlockHeadroom.reported(grant(GIB, GIB, null))).isEmpty();
    }

    private static MemlockHeadroom headroom(long limit, long required, @Nullable Long measured, long locked) {
        return MemlockHeadroom.of(grant(limit, required, measured), locked).orElseThrow();
    }

    private static Grant grant(long limit, @Nullable Long required, @Nullable Long measured) {
        return new Grant(
                "pod",
                new VmReference("lab", "vm", "uid"),
                42,
                1,
                List.of(),
                required,
                measured,
                limit,
                limit,
                null,
                "2026-11-22T12:00:00Z");
    }
}
