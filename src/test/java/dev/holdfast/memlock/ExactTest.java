package dev.holdfast.memlock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.groups.Tuple.tuple;

import dev.holdfast.memlock.MemlockInput.Firmware;
import dev.holdfast.memlock.MemlockInput.Video;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The numbers that a real kernel and a real QEMU gave, and what is refused. */
class ExactTest {
    private static final long MIB = 1L << 20;

    /** The sum of QEMU 7.2's flat view above guest RAM, after SeaBIOS ran. */
    @ParameterizedTest
    @CsvSource({"NONE, 262144", "RAMFB, 262144", "VGA, 16973824", "VIRTIO, 8585216"})
    void coversWhatQemuMapsWithinTwoPercent(Video video, long aboveGuestBytes) {
        for (long guestBytes : new long[] {256 * MIB, 1024 * MIB, 65536 * MIB}) {
            long mapped = guestBytes + aboveGuestBytes;

            MemlockPlan plan = Exact.plan(input(guestBytes, video, null, 1));

            assertThat(plan.requiredBytes()).isGreaterThanOrEqualTo(mapped);
            assertThat((double) limit(plan) / mapped).isLessThanOrEqualTo(1.02);
        }
    }

    /** The peak that the kernel charged while firmware ran, guest of 256 MiB; Linux 6.12 charges the ROM, 6.1 not. */
    @ParameterizedTest
    @CsvSource({"NONE, 262144", "NONE, 262400", "VGA, 278528"})
    void coversWhatBothKernelsCharge(Video video, long peakKib) {
        MemlockPlan plan = Exact.plan(input(256 * MIB, video, null, 1));

        assertThat(plan.requiredBytes()).isGreaterThanOrEqualTo(peakKib * 1024);
        assertThat((double) limit(plan) / (peakKib * 1024)).isLessThanOrEqualTo(1.02);
    }

    @Test
    void explainsEachTermOfAGuestWithVga() {
        MemlockPlan plan = Exact.plan(input(1024 * MIB, Video.VGA, 64 * MIB, 2));

        assertThat(plan.terms())
                .extracting(Term::name, Term::bytes)
                .containsExactly(
                        tuple("guest-memory", 1024 * MIB),
                        tuple("firmware-rom", 262144L),
                        tuple("video-memory", 64 * MIB),
                        tuple("legacy-alias", 131072L),
                        tuple("option-roms", 65536L),
                        tuple("assigned-bars", 0L));
        assertThat(plan.terms()).allSatisfy(term -> assertThat(term.reason()).isNotBlank());
        assertThat(plan.requiredBytes()).isEqualTo(1024 * MIB + 64 * MIB + 262144 + 131072 + 65536);
        assertThat(plan.marginBytes()).isEqualTo(MIB);
        assertThat(plan.limitBytes()).isEqualTo(plan.requiredBytes() + MIB);
        assertThat(plan.maxBytes()).isEqualTo(2048 * MIB);
        assertThat(plan.policy()).isEqualTo("Exact");
        assertThat(plan.unlimited()).isFalse();
    }

    @Test
    void leavesTheInheritedLimitAloneWithoutDevices() {
        MemlockPlan plan = Exact.plan(input(1024 * MIB, Video.VGA, null, 0));

        assertThat(plan.addressSpaces()).isZero();
        assertThat(plan.requiredBytes()).isZero();
        assertThat(plan.marginBytes()).isZero();
        assertThat(plan.limitBytes()).isZero();
        assertThat(plan.maxBytes()).isZero();
    }

    @Test
    void refusesNumbersThatNoMachineHas() {
        refuses(
                new MemlockInput(MIB - 1, 4096, Firmware.SEABIOS, Video.NONE, null, 1),
                "guest memory is 1048575 bytes");
        refuses(new MemlockInput(Long.MAX_VALUE, 4096, Firmware.SEABIOS, Video.NONE, null, 1), "1Mi to 64Ti");
        refuses(new MemlockInput(-MIB, 4096, Firmware.SEABIOS, Video.NONE, null, 1), "guest memory is -1048576 bytes");
        refuses(new MemlockInput(MIB, 4097, Firmware.SEABIOS, Video.NONE, null, 1), "page size is 4097 bytes");
        refuses(new MemlockInput(MIB, 0, Firmware.SEABIOS, Video.NONE, null, 1), "page size is 0 bytes");
        refuses(new MemlockInput(MIB, 4096, Firmware.SEABIOS, Video.NONE, null, -1), "there are -1 devices");
        refuses(new MemlockInput(MIB, 4096, Firmware.SEABIOS, Video.NONE, null, 65), "there are 65 devices");
    }

    @Test
    void refusesVideoMemoryThatTheModelDoesNotTake() {
        refuses(input(64 * MIB, Video.VGA, 3 * MIB, 1), "vga takes a power of two from 1Mi to 256Mi");
        refuses(input(64 * MIB, Video.VGA, 512 * MIB, 1), "video memory is 536870912 bytes");
        refuses(input(64 * MIB, Video.VGA, MIB / 2, 1), "video memory is 524288 bytes");
        refuses(input(64 * MIB, Video.VGA, Long.MIN_VALUE, 1), "video memory is -9223372036854775808 bytes");
        refuses(input(64 * MIB, Video.BOCHS, 2 * MIB, 1), "bochs takes a power of two from 4Mi to 256Mi");
    }

    @ParameterizedTest
    @EnumSource(
            value = Video.class,
            names = {"NONE", "RAMFB", "VIRTIO"})
    void refusesVideoMemoryForAModelWithoutTheOption(Video video) {
        refuses(input(64 * MIB, video, 16 * MIB, 1), "has no such option");
    }

    private static void refuses(MemlockInput input, String found) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Exact.plan(input))
                .withMessageContaining(found)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    private static MemlockInput input(long guestBytes, Video video, @Nullable Long videoBytes, int devices) {
        return new MemlockInput(guestBytes, 4096, Firmware.SEABIOS, video, videoBytes, devices);
    }

    private static long limit(MemlockPlan plan) {
        Long limit = plan.limitBytes();
        assertThat(limit).isNotNull();
        return limit == null ? 0 : limit;
    }
}
