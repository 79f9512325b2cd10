package dev.holdfast.qemu.argv;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Files that the launcher has opened. QEMU inherits the descriptors and so uses the files that were checked, even if others
 * have replaced them since.
 *
 * @param blockNodes descriptors for block nodes, which QEMU gets by {@code -add-fd}
 * @param others     descriptors of the kernel, its initrd and option ROMs by their path in the shape: QEMU reads these by
 *                   the C library, which does not support these sets
 */
public record InheritedDescriptors(List<Integer> blockNodes, Map<String, Integer> others) {
    /** No open files; QEMU gets the paths. */
    public static final InheritedDescriptors NONE = new InheritedDescriptors(List.of(), Map.of());

    public InheritedDescriptors {
        blockNodes = List.copyOf(blockNodes);
        others = Map.copyOf(others);
    }

    /** Returns the file name for a block node. */
    public static String blockNode(int descriptor) {
        return "/dev/fdset/" + descriptor;
    }

    /** Returns the path by which QEMU opens a file of the shape. */
    String path(String inShape) {
        Integer descriptor = others.get(inShape);
        // Opening it leads to the same file as the inherited descriptor, without another path lookup.
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
