package dev.holdfast.convert.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pci.PciAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostAddressTest {
    @ParameterizedTest
    @CsvSource({
        "0000:65:00.0, 0000:65:00.0",
        "65:00.1, 0000:65:00.1",
        "5:3.7, 0000:05:03.7",
        "1:AF:1f.0, 0001:af:1f.0",
    })
    void readsTheFormsOfQemu(String host, String address) {
        assertThat(HostAddress.of(host)).contains(PciAddress.parse(address));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "65:00", "65:00.8", "65:20.0", "10000:65:00.0", "0000:65:00.0,x"})
    void findsNoFunctionInOtherText(String host) {
        assertThat(HostAddress.of(host)).isEmpty();
    }
}
