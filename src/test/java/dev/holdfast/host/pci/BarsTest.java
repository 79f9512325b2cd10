package dev.holdfast.host.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BarsTest {
    private static final String NONE = "0x0000000000000000 0x0000000000000000 0x0000000000000000\n";

    @Test
    void readsSixRegistersAndNotTheRom() {
        String rom = "0x00000000fb000000 0x00000000fb07ffff 0x0000000000046200\n";

        assertThat(Bars.parse(NONE.repeat(6) + rom)).isEmpty();
        assertThat(Bars.parse("0x00000000fa000000 0x00000000faffffff 0x0000000000040200\n"
                        + "0x0000380000000000 0x00003fffffffffff 0x000000000014220c\n" + NONE
                        + "0x0000000000003000 0x000000000000307f 0x0000000000040101\n" + NONE.repeat(2) + rom))
                .containsExactly(
                        new Bar(0, 16 << 20, Bar.Type.mem32, false),
                        new Bar(1, 1L << 43, Bar.Type.mem64, true),
                        new Bar(3, 128, Bar.Type.io, false));
    }

    @Test
    void readsARegisterWithoutAnAddress() {
        assertThat(Bars.parse("0x0000000000000000 0x0000000000ffffff 0x0000000020040200\n"))
                .containsExactly(new Bar(0, 16 << 20, Bar.Type.mem32, false));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "garbage",
                "0x1 0x2",
                "1 2 0x200",
                "0x00 0x10 0x200",
                "0x10 0x0f 0x200",
                "0xffffffffffffffffffff 0x0 0x200",
                "0x0 0xffffffffffffffff 0x200"
            })
    void refusesAnInvalidRegister(String line) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Bars.parse(line))
                .withMessageContaining("found \"" + line);
    }
}
