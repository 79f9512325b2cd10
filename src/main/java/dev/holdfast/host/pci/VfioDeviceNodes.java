package dev.holdfast.host.pci;

import dev.holdfast.pci.PciAddress;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Device nodes of VFIO for single functions, {@code /dev/vfio/devices/vfioN}, which iommufd requires. */
public final class VfioDeviceNodes {
    private final Path functions;

    /** @param sysfs directory of sysfs */
    public VfioDeviceNodes(Path sysfs) {
        functions = sysfs.resolve("bus/pci/devices");
    }

    /**
     * Returns whether a function has its own node. A kernel without CONFIG_VFIO_DEVICE_CDEV shows vfioN too, but without
     * a device number.
     */
    public boolean has(PciAddress address) {
        Path nodes = functions.resolve(address.toString()).resolve("vfio-dev");
        try (DirectoryStream<Path> found = Files.newDirectoryStream(nodes)) {
            for (Path node : found) {
                if (Files.exists(node.resolve("dev"))) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return false;
        }
    }
}
