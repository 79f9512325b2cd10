package dev.holdfast.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What this process holds open, for tests of leaks. Files are not counted: the JDK opens a jar when a class of it is first
 * needed, at any moment, and never closes it.
 */
public final class OpenDescriptors {
    private OpenDescriptors() {}

    /** Sockets, pidfds, watches and selectors of all threads. */
    public static long count() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(OpenDescriptors::isNoFile).count();
        }
    }

    /** The links of what is no file have no path: {@code socket:[4711]}, {@code anon_inode:[pidfd]}. */
    private static boolean isNoFile(Path descriptor) {
        try {
            return !Files.readSymbolicLink(descriptor).isAbsolute();
        } catch (IOException e) {
            // Closed since it was listed.
            return false;
        }
    }
}
