package dev.holdfast.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {
    private static final List<String> KNOWN = List.of("bios", "bootloader", "kernelBoot", "gpus", "hostDevices");

    @ParameterizedTest
    @CsvSource({
        "bois, bios",
        "gpu, gpus",
        "GPUs, gpus",
        "kernelboot, kernelBoot",
        "bootLoader, bootloader",
        "hostDevice, hostDevices",
    })
    void findsTheNearestName(String written, String meant) {
        assertThat(NearestName.of(written, KNOWN)).contains(meant);
    }

    @ParameterizedTest
    @CsvSource({"x", "efi", "somethingElse", "a23456789012345678901234567890123456789012345678901234567890123456"})
    void findsNoNameThatDiffersTooMuch(String written) {
        assertThat(NearestName.of(written, KNOWN)).isEmpty();
    }
}
