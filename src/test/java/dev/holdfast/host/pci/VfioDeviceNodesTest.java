package dev.holdfast.host.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pci.PciAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VfioDeviceNodesTest {
    private static final PciAddress GPU = PciAddress.parse("0000:65:00.0");

    @TempDir
    Path sysfs;

    @Test
    void findsANodeByItsDeviceNumber() throws IOException {
        VfioDeviceNodes nodes = new VfioDeviceNodes(sysfs);
        assertThat(nodes.has(GPU)).as("not on VFIO").isFalse();

        Path node = Files.createDirectories(sysfs.resolve("bus/pci/devices/0000:65:00.0/vfio-dev/vfio3"));
        assertThat(nodes.has(GPU)).as("kernel without device nodes").isFalse();

        Files.writeString(node.resolve("dev"), "510:3\n");
        assertThat(nodes.has(GPU)).isTrue();
    }
}
