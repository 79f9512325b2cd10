package dev.holdfast.host.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pci.PciAddress;
import dev.holdfast.testbed.fixtures.SysfsTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Uses registers as shown by kernels. */
class IommuWidthTest {
    @TempDir
    private Path unit = Path.of("");

    /** The second supports page tables of 48 bits only; the last shows no depth of a page table. */
    @ParameterizedTest
    @CsvSource({
        "d2008c40660462, 39",
        "d2008c003f0462, 48",
        "8d2078c106f0466, 48",
        "d2008c222f0686, 48",
        "19ed008c40780c66, 57",
        "2f0000, 48"
    })
    void readsVtdsCapabilities(String capability, int bits) throws IOException {
        write("intel-iommu/cap", capability + "\n");

        assertThat(width()).hasValue(bits);
    }

    /** One register up to Linux 6.0, then two, in both orders. */
    @ParameterizedTest
    @CsvSource({
        "58f77ef22294a5a, 64",
        "58f77ef22294a5a:0, 64",
        "0:58f77ef22294a5a, 64",
        "25bf732fa2295afe:10, 48",
        "10:246577efa2254afa, 48",
        "4, 48",
        "400, 57"
    })
    void readsAmdsFeatures(String features, int bits) throws IOException {
        write("amd-iommu/features", features + "\n");

        assertThat(width()).hasValue(bits);
    }

    @ParameterizedTest
    @CsvSource({
        "intel-iommu/cap, ''",
        "intel-iommu/cap, lots",
        "intel-iommu/cap, 1ffffffffffffffff",
        "amd-iommu/features, 0",
        "amd-iommu/features, ':'",
        "amd-iommu/cap, 4f0b",
        "arm-smmu/cap, 1"
    })
    void returnsNothingForAnUnreadableFile(String file, String text) throws IOException {
        write(file, text);

        assertThat(width()).isEmpty();
    }

    @Test
    void findsTheUnitOfAFunctionByItsLink() {
        Sysfs sysfs = new Sysfs(SysfsTree.make("two-iommus", unit));

        assertThat(sysfs.iommuAddressBits(PciAddress.parse("0000:01:00.0"))).hasValue(39);
        assertThat(sysfs.iommuAddressBits(PciAddress.parse("0000:02:00.0"))).hasValue(48);
        assertThat(sysfs.iommuAddressBits(PciAddress.parse("0000:03:00.0"))).isEmpty();
        assertThat(sysfs.capabilities().iommuAddressBits()).isEqualTo(39);
    }

    private OptionalInt width() {
        return IommuWidth.of(SysfsFiles.DISK, unit);
    }

    private void write(String file, String text) throws IOException {
        Path path = unit.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
