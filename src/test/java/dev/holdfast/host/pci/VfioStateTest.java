package dev.holdfast.host.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pci.PciAddress;
import dev.holdfast.testbed.fixtures.FakeSysfs;
import dev.holdfast.testbed.fixtures.FakeSysfs.Function;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** State of functions in VFIO, as shown by kernels before and since Linux 6.1. */
class VfioStateTest {
    @TempDir
    Path root;

    private Function gpu;

    @BeforeEach
    void gpuInGroupSeven() {
        gpu = new FakeSysfs(root)
                .function("0000:03:00.0", "10de:2342", "030200")
                .group(7);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vfio-pci",
                "hisi_acc_vfio_pci",
                "ism_vfio_pci",
                "mlx5_vfio_pci",
                "nvgrace_gpu_vfio_pci",
                "pds_vfio_pci",
                "qat_vfio_pci",
                "virtio_vfio_pci",
                "xe_vfio_pci"
            })
    void readsDriverAndNodeOfTheGroupOnOlderKernels(String driver) throws IOException {
        gpu.driver(driver);
        directory("class/vfio/7");

        assertThat(read().vfio()).isEqualTo(VfioState.REGISTERED);
        assertThat(read().needsItsDriver()).isEqualTo(!driver.equals("vfio-pci"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nvidia", "mlx5_core", "pci-stub", "vfio_pci_core", "my_vfio_pci"})
    void aNativeDriverIsNotVfio(String driver) throws IOException {
        gpu.driver(driver);
        directory("class/vfio/7");

        assertThat(read().vfio()).isEqualTo(VfioState.NONE);
        assertThat(read().needsItsDriver()).isFalse();
    }

    @Test
    void readsTheFunctionOnNewerKernelsWhateverItsDriver() throws IOException {
        gpu.driver("nvidia");
        directory("class/vfio/7");
        directory("class/vfio-dev/vfio0");
        directory("bus/pci/devices/0000:03:00.0/vfio-dev/vfio0");

        assertThat(read().vfio()).isEqualTo(VfioState.REGISTERED);
        assertThat(read().needsItsDriver()).isTrue();
    }

    @Test
    void isNotVfioWhenANewerKernelShowsNothing() throws IOException {
        gpu.driver("vfio-pci");
        directory("class/vfio/7");
        directory("class/vfio-dev");

        assertThat(read().vfio()).isEqualTo(VfioState.NO_NODE);
    }

    @Test
    void checksTheNodeOfTheGroupSeparately() throws IOException {
        gpu.driver("vfio-pci");
        directory("class/vfio-dev/vfio0");
        directory("bus/pci/devices/0000:03:00.0/vfio-dev/vfio0");
        assertThat(read().vfio()).as("a kernel without nodes of groups").isEqualTo(VfioState.NO_NODE);

        directory("class/vfio/8");
        assertThat(read().vfio()).as("another group's").isEqualTo(VfioState.NO_NODE);

        directory("class/vfio/7");
        assertThat(read().vfio()).isEqualTo(VfioState.REGISTERED);
        assertThat(readHere().vfio()).as("none in /dev").isEqualTo(VfioState.NO_NODE);

        Files.createFile(directory("dev/vfio").resolve("7"));
        assertThat(readHere().vfio()).isEqualTo(VfioState.REGISTERED);
    }

    @Test
    void ignoresGroupsOfNoIommuMode() throws IOException {
        gpu.driver("vfio-pci");
        Files.writeString(root.resolve("kernel/iommu_groups/7/name"), "vfio-noiommu\n");

        assertThat(read().vfio()).isEqualTo(VfioState.NO_IOMMU);
        assertThat(read().iommuGroup()).isNull();
        assertThat(read().opensForVm()).isFalse();
        assertThat(machine().iommuGroups()).isFalse();
        assertThat(machine().noIommuGroups()).isTrue();
    }

    @Test
    void oneRealGroupImpliesAnIommu() throws IOException {
        new FakeSysfs(root).function("0000:04:00.0", "8086:1521", "020000").group(8);
        Files.writeString(root.resolve("kernel/iommu_groups/7/name"), "vfio-noiommu\n");

        assertThat(machine().iommuGroups()).isTrue();
        assertThat(machine().noIommuGroups()).isFalse();
    }

    @Test
    void aVgpuWithoutATypeCannotBeOpened() throws IOException {
        gpu.driver("nvidia");
        directory("bus/pci/devices/0000:03:00.0/vfio-dev/vfio0");
        Path type = directory("bus/pci/devices/0000:03:00.0/nvidia").resolve("current_vgpu_type");
        assertThat(read().opensForVm()).as("a driver that has no types").isTrue();

        Files.writeString(type, "0\n");
        assertThat(read().opensForVm()).isFalse();
        assertThat(read().vgpuTypeMissing()).isTrue();

        Files.writeString(type, "1414\n");
        assertThat(read().opensForVm()).isTrue();
        assertThat(read().vgpuType()).isEqualTo(1414);

        Files.writeString(type, "garbage\n");
        assertThat(read().opensForVm()).isFalse();
        assertThat(new Sysfs(root).scan().problems())
                .singleElement()
                .asString()
                .contains("skipped the vGPU type of PCI function 0000:03:00.0", "\"garbage\"");
    }

    @Test
    void knowsTheArchitectureOfThisHostWithoutSysfs() {
        Sysfs sysfs = new Sysfs(root);

        assertThat(sysfs.capabilities().runsVms()).isTrue();
        assertThat(sysfs.of(new ThisHost(root, "ppc64le")).capabilities().runsVms())
                .isFalse();
        assertThat(sysfs.of(new ThisHost(root, "amd64")).capabilities().runsVms())
                .isTrue();
    }

    private PciFunction read() throws IOException {
        return new Sysfs(root).function(PciAddress.parse("0000:03:00.0"));
    }

    private PciFunction readHere() throws IOException {
        return new Sysfs(root)
                .of(new ThisHost(root.resolve("dev"), "amd64"))
                .function(PciAddress.parse("0000:03:00.0"));
    }

    private HostCapabilities machine() {
        return new Sysfs(root).capabilities();
    }

    private Path directory(String path) throws IOException {
        return Files.createDirectories(root.resolve(path));
    }
}
