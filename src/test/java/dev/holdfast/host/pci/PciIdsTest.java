package dev.holdfast.host.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.fixtures.PciFunctionBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PciIdsTest {
    private static final Path SAMPLE = Path.of("src/test/resources/pci.ids");

    @TempDir
    Path directory;

    @Test
    void namesVendorAndModel() {
        assertThat(description(
                        PciIds.at(SAMPLE), PciFunctionBuilder.at("0000:01:00.0").ids("10de:20b5")))
                .isEqualTo("NVIDIA Corporation GA100 [A100 PCIe 80GB]");
    }

    @Test
    void addsTheNameOfTheBoard() {
        assertThat(description(
                        PciIds.at(SAMPLE),
                        PciFunctionBuilder.at("0000:01:00.0").ids("1002:66a1").subsystem("1002:0834")))
                .isEqualTo("Advanced Micro Devices, Inc. [AMD/ATI] Vega 20 [Radeon Pro VII/Radeon Instinct MI50 32GB],"
                        + " Ra...");
    }

    @Test
    void namesANewDeviceByItsClass() {
        PciIds ids = PciIds.at(SAMPLE);

        assertThat(description(
                        ids,
                        PciFunctionBuilder.at("0000:01:00.0").ids("10de:ffff").classCode("030200")))
                .isEqualTo("NVIDIA Corporation 3D controller ffff");
        assertThat(description(
                        ids,
                        PciFunctionBuilder.at("0000:01:00.0").ids("1da3:1020").classCode("12ff00")))
                .isEqualTo("Habana Labs Ltd. Processing accelerators 1020");
        assertThat(description(
                        ids,
                        PciFunctionBuilder.at("0000:01:00.0").ids("1da3:1020").classCode("ff0000")))
                .isEqualTo("Habana Labs Ltd. device 1020");
    }

    @Test
    void namesNothingOfAnUnknownVendor() {
        assertThat(description(
                        PciIds.at(SAMPLE), PciFunctionBuilder.at("0000:01:00.0").ids("ffff:0001")))
                .isNull();
    }

    @Test
    void worksWithoutAFile() {
        assertThat(description(PciIds.at(directory.resolve("none")), PciFunctionBuilder.at("0000:01:00.0")))
                .isNull();
        assertThat(description(PciIds.at(directory), PciFunctionBuilder.at("0000:01:00.0")))
                .isNull();
        assertThat(description(PciIds.none(), PciFunctionBuilder.at("0000:01:00.0")))
                .isNull();
    }

    @Test
    void readsWhatItCanOfADamagedFile() throws IOException {
        Path file = directory.resolve("pci.ids");
        Files.write(
                file, new byte[] {(byte) 0xff, (byte) 0xfe, 0, '\n', '\t', '\t', '\t', '\t', 'x', ' ', ' ', 'y', '\n'});
        Files.writeString(
                file, "\n\n  \n10de  NVIDIA\n\t20f1\n\t20f1  A100\n", java.nio.file.StandardOpenOption.APPEND);

        assertThat(description(PciIds.at(file), PciFunctionBuilder.at("0000:01:00.0")))
                .isEqualTo("NVIDIA A100");
    }

    @Test
    void readsTheFileAgainOnlyForNewDevices() throws IOException {
        Path file = Files.copy(SAMPLE, directory.resolve("pci.ids"));
        PciIds ids = PciIds.at(file);
        PciFunctionBuilder known = PciFunctionBuilder.at("0000:01:00.0").ids("10de:20b5");
        description(ids, known);
        Files.delete(file);

        assertThat(description(ids, known)).isEqualTo("NVIDIA Corporation GA100 [A100 PCIe 80GB]");
        assertThat(description(ids, PciFunctionBuilder.at("0000:01:00.0").ids("10de:2236")))
                .isNull();
    }

    private static @Nullable String description(PciIds ids, PciFunctionBuilder function) {
        return ids.describe(List.of(function.build())).getFirst().description();
    }
}
