package dev.holdfast.host.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Random ID of this boot, from the kernel (random(4), /proc/sys/kernel/random/boot_id). */
public final class BootId {
    private BootId() {}

    /**
     * Reads the ID.
     *
     * @param procfs where procfs is mounted, usually {@code /proc}
     */
    public static String read(Path procfs) throws IOException {
        return Files.readString(procfs.resolve("sys/kernel/random/boot_id")).strip();
    }
}
