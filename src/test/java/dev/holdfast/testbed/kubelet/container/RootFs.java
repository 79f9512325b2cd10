package dev.holdfast.testbed.kubelet.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A container's root: an overlay over its image, so that it may write and the image stays as it is. */
public final class RootFs {
    private RootFs() {}

    /** @param directory empty, on a file system that can be an overlay's upper layer: tmpfs, not an overlay */
    public static Path mount(Path directory, String image) throws IOException {
        Path root = Files.createDirectory(directory.resolve("rootfs"));
        Path upper = Files.createDirectory(directory.resolve("upper"));
        Path work = Files.createDirectory(directory.resolve("work"));
        String options = "lowerdir=" + image + ",upperdir=" + upper + ",workdir=" + work;
        Commands.run("mount", "-t", "overlay", "-o", options, "container", root.toString());
        return root;
    }

    /** With all that was written to it. */
    public static void remove(Path directory) throws IOException {
        Commands.run("umount", "-l", directory.resolve("rootfs").toString());
        removeTree(directory);
    }

    public static void removeTree(Path directory) throws IOException {
        Commands.run("rm", "-rf", "--one-file-system", directory.toString());
    }
}
