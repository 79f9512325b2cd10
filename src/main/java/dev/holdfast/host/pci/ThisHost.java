package dev.holdfast.host.pci;

import java.nio.file.Path;

/**
 * What is known of the host that this process runs on, and of no copy of another's sysfs.
 *
 * @param dev          where its device nodes are
 * @param architecture of its kernel, as Java names it: amd64, aarch64
 */
public record ThisHost(Path dev, String architecture) {
    /** The real one. */
    public static ThisHost real() {
        return new ThisHost(Path.of("/dev"), System.getProperty("os.arch", ""));
    }
}
