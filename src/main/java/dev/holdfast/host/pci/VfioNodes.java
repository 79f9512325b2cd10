package dev.holdfast.host.pci;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Device nodes of VFIO for IOMMU groups, as shown by sysfs and, on this host, by /dev. Newer kernels also
 * have a node for each device (vfio-dev); that class can exist without nodes for groups.
 *
 * @param perDevice whether the kernel shows for each function whether VFIO has it (since Linux 6.1)
 * @param groups    names in {@code class/vfio}; null where sysfs has neither class, as in a copy
 * @param dev       directory of the device nodes of this host; null when it cannot be read
 */
record VfioNodes(
        boolean perDevice,
        @Nullable Set<String> groups,
        @Nullable Path dev) {

    static VfioNodes of(Path root, SysfsFiles files, @Nullable Path dev) {
        Set<String> groups = names(files, root.resolve("class/vfio"));
        boolean perDevice = names(files, root.resolve("class/vfio-dev")) != null;
        return new VfioNodes(perDevice, groups == null && perDevice ? Set.of() : groups, dev);
    }

    /** Returns whether a group has its node, as far as that is visible. */
    boolean has(int group) {
        return (groups == null || groups.contains(Integer.toString(group)))
                && (dev == null || !Files.notExists(dev.resolve("vfio").resolve(Integer.toString(group))));
    }

    private static @Nullable Set<String> names(SysfsFiles files, Path directory) {
        try {
            return files.names(directory);
        } catch (IOException e) {
            return null;
        }
    }
}
