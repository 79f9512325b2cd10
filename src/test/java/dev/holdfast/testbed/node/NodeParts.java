package dev.holdfast.testbed.node;

import dev.holdfast.testbed.Build;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Components of a real node.
 *
 * @param cluster the file that the kubelet runs from
 * @param runtime folder of containerd and the CNI plugins
 * @param disk    ext4, with the images in it
 */
record NodeParts(Path cluster, Path runtime, Path disk) {

    /**
     * Creates them by {@code src/test/real-node/prepare}, which reports long steps on standard error.
     *
     * @throws IllegalStateException when one cannot be created; the script has printed the reason
     */
    static NodeParts prepared(Build build) {
        try {
            Process prepare = new ProcessBuilder(
                            build.script("real-node/prepare").toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String lines = new String(prepare.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (prepare.waitFor() != 0) {
                throw new IllegalStateException("There is no real node to test on; see the lines above");
            }
            Map<String, Path> parts = lines.lines()
                    .map(line -> line.split(" ", 2))
                    .collect(Collectors.toMap(words -> words[0], words -> Path.of(words[1])));
            return new NodeParts(part(parts, "cluster"), part(parts, "runtime"), part(parts, "disk"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the real node was prepared", e);
        }
    }

    private static Path part(Map<String, Path> parts, String name) {
        return Objects.requireNonNull(parts.get(name), () -> "src/test/real-node/prepare has printed no " + name);
    }
}
