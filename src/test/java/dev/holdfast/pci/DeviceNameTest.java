package dev.holdfast.pci;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceNameTest {
    @ParameterizedTest
    @CsvSource({"0000:65:00.0, pci-0000-65-00-0", "10000:e1:1f.7, pci-10000-e1-1f-7"})
    void isTheAddressAsADnsLabel(String address, String name) {
        GroupId group = new GroupId(PciAddress.parse(address));

        assertThat(DeviceName.of(group)).isEqualTo(name);
        assertThat(DeviceName.parse(name)).contains(group);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pci-00000000-65-00-0",
                "pci-0000-AF-00-0",
                "pci-0000-65-20-0",
                "pci-0000-65-00-8",
                "pci-0000-65-00",
                "gpu-0000-65-00-0",
                "0000:65:00.0",
                "xpci-0000-65-00-0",
                "pci-0000-65-00-00",
                ""
            })
    void refusesOtherNamesAndOtherSpellingsOfAnAddress(String name) {
        assertThat(DeviceName.parse(name)).isEmpty();
    }
}
