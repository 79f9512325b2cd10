package dev.holdfast.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PciAddressTest {
    @ParameterizedTest
    @ValueSource(strings = {"0000:03:00.0", "0000:ff:1f.7", "10000:e1:00.0", "ffffffff:00:00.0"})
    void printsWhatItParsed(String text) {
        assertThat(PciAddress.parse(text)).hasToString(text);
    }

    @Test
    void readsUpperCaseAsLowerCase() {
        assertThat(PciAddress.parse("0000:AF:1C.3")).hasToString("0000:af:1c.3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "03:00.0", "0000:03:00", "0000:03:20.0", "0000:03:00.8", "0000:03:00.0 ", "x"})
    void reportsWhatWasFoundAndWhatIsRequired(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PciAddress.parse(text))
                .withMessageStartingWith("invalid PCI address \"" + text + "\": must be like 0000:03:00.0");
        assertThat(PciAddress.of(text)).isEmpty();
    }

    @Test
    void findsTheAddressOfAnotherSpellingOnlyIfItNeedNotBeCanonical() {
        PciAddress address = new PciAddress(0, 0xaf, 0x1c, 3);

        assertThat(PciAddress.of("00000000:AF:1C.3")).contains(address);
        assertThat(PciAddress.canonical("00000000:AF:1C.3")).isEmpty();
        assertThat(PciAddress.canonical("0000:af:1c.3")).contains(address);
    }

    @Test
    void findsTheOtherFunctionsOfItsDevice() {
        assertThat(PciAddress.parse("0000:af:1c.3").withFunction(0)).hasToString("0000:af:1c.0");
    }

    @Test
    void ordersAsTheBusIs() {
        assertThat(Stream.of("10000:00:00.0", "0000:0a:00.0", "0000:09:1f.7", "0000:0a:00.1", "0000:09:02.0")
                        .map(PciAddress::parse)
                        .sorted()
                        .map(PciAddress::toString))
                .containsExactly("0000:09:02.0", "0000:09:1f.7", "0000:0a:00.0", "0000:0a:00.1", "10000:00:00.0");
    }
}
