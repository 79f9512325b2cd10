package dev.holdfast.truth;

import dev.holdfast.testbed.Build;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Paths of kernel, QEMU and firmware of a Debian release.
 *
 * @param tree unpacked by src/test/virtual-node/debian-node; null for those that this host has installed
 */
record Release(String name, @Nullable Path tree) {
    private static final Path OS_RELEASE = Path.of("/etc/os-release");
    private static final String CODENAME = "VERSION_CODENAME=";

    /** This host's own when it is of that release; else its packages are unpacked, which takes a mirror the first time. */
    static Release named(String name, Build build) {
        if (name.equals(codename(lines(OS_RELEASE)))) {
            return new Release(name, null);
        }
        try {
            Process process = new ProcessBuilder(
                            build.script("virtual-node/debian-node").toString(), name)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String folder = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (process.onExit().join().exitValue() != 0) {
                throw new IllegalStateException(
                        "the kernel and the QEMU of Debian %s are missing; the lines above say why".formatted(name));
            }
            return new Release(name, Path.of(folder));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the options of {@link dev.holdfast.testbed.VirtualNode} that boot its kernel. */
    List<String> machine() {
        // One processor: emulated ones wait for each other in busy loops whenever the host runs only one of them.
        return tree == null ? List.of("--cpus", "1") : List.of("--cpus", "1", "--kernel", tree.toString());
    }

    /** The release of a host, by its os-release; empty when it has no name, as Debian's testing before its release. */
    static String codename(List<String> osRelease) {
        return osRelease.stream()
                .filter(line -> line.startsWith(CODENAME))
                .map(line -> line.substring(CODENAME.length()).replace("\"", ""))
                .findFirst()
                .orElse("");
    }

    private static List<String> lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
