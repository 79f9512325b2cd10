package dev.holdfast.host.pci;

import java.nio.file.Path;

/**
 * Facts about the host of this process that a copy of another host's sysfs does not have.
 *
 * @param dev          directory of its device nodes
 * @param architecture of its kernel, by Java's name: amd64, aarch64
 */
public record ThisHost(Path dev, String architecture) {
    /** Returns the real host. */
    public static ThisHost real() {
        return new ThisHost(Path.of("/dev"), System.getProperty("os.arch", ""));
    }
}
