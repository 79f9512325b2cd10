package dev.holdfast.testbed.kubelet.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A device node as the node has it.
 *
 * @param type b or c
 * @param mode permission bits
 */
public record HostDevice(String type, long major, long minor, int mode, int uid, int gid) {
    private static final int TYPE_MASK = 0170000;
    private static final int CHARACTER = 0020000;
    private static final int BLOCK = 0060000;

    public static HostDevice at(String path) throws ContainerProblem {
        Path file = Path.of(path);
        try {
            int mode = (Integer) Files.getAttribute(file, "unix:mode");
            int type = mode & TYPE_MASK;
            if (type != CHARACTER && type != BLOCK) {
                throw new ContainerProblem("CreateContainerError", path + " is not a device of this node.");
            }
            long number = (Long) Files.getAttribute(file, "unix:rdev");
            // glibc's gnu_dev_major and gnu_dev_minor.
            return new HostDevice(
                    type == CHARACTER ? "c" : "b",
                    ((number >> 8) & 0xfff) | ((number >> 32) & ~0xfffL),
                    (number & 0xff) | ((number >> 12) & 0xffffff00L),
                    mode & 0777,
                    (Integer) Files.getAttribute(file, "unix:uid"),
                    (Integer) Files.getAttribute(file, "unix:gid"));
        } catch (IOException e) {
            throw new ContainerProblem("CreateContainerError", "The node has no device " + path + ".");
        }
    }
}
