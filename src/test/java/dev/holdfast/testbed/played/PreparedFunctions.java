package dev.holdfast.testbed.played;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;

/**
 * PCI functions that claims have: bound to vfio-pci, with the device node of their IOMMU group in a CDI file. A function that
 * was not on VFIO loses its driver when its claim ends.
 *
 * @param driver name of the DRA driver
 * @param cdi    directory of CDI files
 * @param bus    /sys/bus/pci
 * @param bound  functions that were bound for a claim, by the claim's UID
 */
record PreparedFunctions(String driver, Path cdi, Path bus, Map<String, Path> bound) {
    private static final String VFIO = "vfio-pci";

    /** The device node for the user of VM pods; the runtime reads its numbers from the node of the host. */
    private static final String CDI_FILE = """
            {"cdiVersion": "0.6.0", "kind": "%s/function", "devices": [{"name": "%s", "containerEdits": {"deviceNodes": [
              {"path": "/dev/vfio/%s", "type": "c", "permissions": "rw", "fileMode": 384, "uid": 107, "gid": 107}]}}]}
            """;

    PreparedFunctions(String driver, Path cdi, Path bus) {
        this(driver, cdi, bus, new HashMap<>());
    }

    /** Returns the name of the CDI device. */
    String add(String uid, String address) throws IOException {
        Path function = bus.resolve("devices").resolve(address);
        if (!isOnVfio(function)) {
            Files.writeString(function.resolve("driver_override"), VFIO);
            if (Files.exists(function.resolve("driver"))) {
                Files.writeString(function.resolve("driver/unbind"), address);
            }
            Files.writeString(bus.resolve("drivers_probe"), address);
            bound.put(uid, function);
        }
        Path group = function.resolve("iommu_group").toRealPath().getFileName();
        Files.createDirectories(cdi);
        // Runtimes read only names that end in .json or .yaml.
        Path file = file(uid);
        Path temporary = Files.writeString(
                file.resolveSibling(file.getFileName() + ".new"), CDI_FILE.formatted(driver, uid, group));
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return driver + "/function=" + uid;
    }

    /** Succeeds for a claim that was not prepared. */
    void remove(String uid) throws IOException {
        Files.deleteIfExists(file(uid));
        Path function = bound.remove(uid);
        if (function != null) {
            Files.writeString(
                    function.resolve("driver/unbind"), function.getFileName().toString());
            Files.writeString(function.resolve("driver_override"), "\n");
        }
    }

    private Path file(String uid) {
        return cdi.resolve(driver + "-" + uid + ".json");
    }

    private static boolean isOnVfio(Path function) throws IOException {
        Path link = function.resolve("driver");
        return Files.exists(link) && link.toRealPath().endsWith(VFIO);
    }
}
