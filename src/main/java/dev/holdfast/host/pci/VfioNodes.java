package dev.holdfast.host.pci;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The device nodes that VFIO has for IOMMU groups, as sysfs shows them and, on this host, /dev. The node of a single
 * device that a newer kernel shows beside (vfio-dev) says nothing of these: its class is there also where the kernel has
 * no such nodes.
 *
 * @param perDevice whether the kernel shows by each function whether VFIO has it (since Linux 6.1)
 * @param groups    names in {@code class/vfio}; null where sysfs has neither class, as in a copy
 * @param dev       where the device nodes of this host are; null when they cannot be looked at
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

    /** Returns whether a group has its node, as far as that can be seen. */
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
