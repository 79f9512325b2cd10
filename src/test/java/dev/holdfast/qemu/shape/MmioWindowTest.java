package dev.holdfast.qemu.shape;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MmioWindowTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    @Test
    void isNoneWithoutLargeBars() {
        assertThat(MmioWindow.of(List.of(List.of(), List.of())).bytes()).isZero();
        assertThat(MmioWindow.of(List.of()).bytes()).isZero();
    }

    /** BARs of an RTX of 8 or 24 GB, an A100, an H100, and eight of them. */
    @ParameterizedTest
    @CsvSource({
        "1, 8, 32, 32",
        "1, 32, 32, 64",
        "1, 64, 32, 128",
        "2, 64, 32, 256",
        "1, 128, 32, 256",
        "8, 128, 32, 4096"
    })
    void isAPowerOfTwoForTheBarsAndWhatFirmwareReserves(int devices, long gib, long mib, long windowGib) {
        List<List<Long>> bars = Stream.generate(() -> List.of(gib * GIB, mib * MIB))
                .limit(devices)
                .toList();

        long bytes = MmioWindow.of(bars).bytes();

        assertThat(bytes).isEqualTo(windowGib * GIB);
        assertThat(Long.bitCount(bytes)).isEqualTo(1);
    }

    @Test
    void reservesForARootPortThePowerOfTwoThatItsBarsFill() {
        assertThat(MmioWindow.reserve(List.of(64 * GIB, 32 * MIB))).isEqualTo(64 * GIB);
        assertThat(MmioWindow.reserve(List.of(256 * MIB, 256 * MIB))).isEqualTo(512 * MIB);
        assertThat(MmioWindow.reserve(List.of(4096L))).isZero();
        assertThat(MmioWindow.reserve(List.of())).isZero();
    }

    /** The window starts at a multiple of its size above memory, which continues at 1 TiB when it would cross AMD's hole. */
    @ParameterizedTest
    @CsvSource({"0, 4, 33", "32, 4, 36", "512, 64, 40", "1024, 64, 41", "32, 1009, 42", "4096, 64, 43"})
    void requiresTheAddressBitsOfItsEnd(long windowGib, long memoryGib, int bits) {
        assertThat(new MmioWindow(windowGib * GIB).addressBits(memoryGib * GIB)).isEqualTo(bits);
    }
}
