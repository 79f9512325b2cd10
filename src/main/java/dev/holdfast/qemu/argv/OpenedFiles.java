package dev.holdfast.qemu.argv;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Files that the launcher opened: QEMU inherits the descriptors and uses the files that were checked, whatever has been
 * put in their place since.
 *
 * @param blockNodes descriptors for block nodes, which QEMU takes over by {@code -add-fd}
 * @param others     descriptors of the kernel, its initrd and option ROMs by their path in the shape: QEMU reads these by
 *                   the C library, which knows no such sets
 */
public record OpenedFiles(List<Integer> blockNodes, Map<String, Integer> others) {
    /** No file was opened; QEMU is given the paths. */
    public static final OpenedFiles NONE = new OpenedFiles(List.of(), Map.of());

    public OpenedFiles {
        blockNodes = List.copyOf(blockNodes);
        others = Map.copyOf(others);
    }

    /** File name for a block node. */
    public static String blockNode(int descriptor) {
        return "/dev/fdset/" + descriptor;
    }

    /** Path by which QEMU reaches a file of the shape. */
    String path(String inShape) {
        Integer descriptor = others.get(inShape);
        // Opened by it, a descriptor of one's own leads to the same file, by no path.
        return descriptor == null ? inShape : "/proc/self/fd/" + descriptor;
    }

    List<String> arguments() {
        List<String> argv = new ArrayList<>();
        for (int descriptor : blockNodes) {
            argv.addAll(List.of("-add-fd", "fd=%d,set=%1$d".formatted(descriptor)));
        }
        return argv;
    }
}
