package dev.holdfast.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.shape.MachineOptions;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.testbed.fixtures.QemuShapeBuilder;
import dev.holdfast.testbed.fixtures.Shapes;
import dev.holdfast.testbed.fixtures.SysfsTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node with two A100s and a network card; see src/test/resources/sysfs. */
class NodeHardwareTest {
    private static final PciAddress A100 = PciAddress.parse("0000:83:00.0");
    private static final PciAddress CARD = PciAddress.parse("0000:41:00.0");
    private static final PciAddress NOTHING = PciAddress.parse("0000:ff:00.0");

    @TempDir
    private Path folder = Path.of("");

    private NodeHardware hardware = new NodeHardware(new Sysfs(folder), folder);

    @BeforeEach
    void makeNode() throws IOException {
        Path sysfs = SysfsTree.make("two-a100", folder.resolve("sys"));
        hardware = new NodeHardware(new Sysfs(sysfs), folder.resolve("cpuinfo"));
    }

    @Test
    void readsTheBarsAboveMemory() {
        NodeFacts facts = hardware.facts(Accelerator.TCG, Map.of("gpu0", List.of(A100)));

        assertThat(facts.bars()).containsExactly(Map.entry(A100, List.of(128L << 30, 32L << 20)));
        assertThat(facts.addressBits()).isEqualTo(40);
    }

    @Test
    void plansNoAddressesForADeviceThatSysfsDoesNotShow() {
        assertThat(hardware.facts(Accelerator.TCG, Map.of("gpu0", List.of(NOTHING)))
                        .bars())
                .containsExactly(Map.entry(NOTHING, List.of()));
    }

    @Test
    void readsTheProcessorsAddressBitsUnderKvm() throws IOException {
        assertThat(hardware.facts(Accelerator.KVM, Map.of()).addressBits()).isNull();

        Files.writeString(
                folder.resolve("cpuinfo"),
                "processor\t: 0\ncache_alignment\t: 64\naddress sizes\t: 46 bits physical, 48 bits virtual\n");

        assertThat(hardware.facts(Accelerator.KVM, Map.of()).addressBits()).isEqualTo(46);
    }

    /** Each function has the IOMMU of its own root port, and the guest has the addresses that all of them translate. */
    @Test
    void readsTheWidthOfTheDevicesIommus() {
        NodeHardware node = new NodeHardware(new Sysfs(SysfsTree.make("two-iommus", folder.resolve("other"))), folder);
        PciAddress narrow = PciAddress.parse("0000:01:00.0");
        PciAddress wide = PciAddress.parse("0000:02:00.0");

        assertThat(node.facts(Accelerator.KVM, Map.of("gpu0", List.of(wide))).iommuAddressBits())
                .isEqualTo(48);
        assertThat(node.facts(Accelerator.KVM, Map.of("gpu0", List.of(wide), "gpu1", List.of(narrow)))
                        .iommuAddressBits())
                .isEqualTo(39);
        assertThat(node.facts(Accelerator.KVM, Map.of("gpu0", List.of(NOTHING))).iommuAddressBits())
                .isNull();
    }

    @Test
    void refusesACliqueForADeviceOfAnotherVendor() {
        QemuShape shape = QemuShapeBuilder.shape()
                .memoryBytes(1 << 30)
                .devices(List.of("gpu0"))
                .options(Shapes.options(null, Map.of("gpu0", new MachineOptions.DeviceOptions(null, null, 3))))
                .build();

        assertThatCode(() -> hardware.checkCliques(shape, given(A100))).doesNotThrowAnyException();
        assertThatCode(() -> hardware.checkCliques(shape, given(NOTHING))).doesNotThrowAnyException();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> hardware.checkCliques(shape, given(CARD)))
                .withMessage("gpu gpu0 has p2pClique 3, but its device " + CARD
                        + " has the vendor 15b3, and only NVIDIA (10de) supports p2pClique; remove p2pClique");
    }

    private static NodeFacts given(PciAddress address) {
        return new NodeFacts(Accelerator.KVM, Map.of("gpu0", List.of(address)));
    }
}
