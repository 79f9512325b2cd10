package dev.holdfast.testbed.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** etcd, the components of Kubernetes and kubectl: one file, built once. */
public record ControlPlaneBinary(Path file) {

    /**
     * Returns the binary of {@code src/test/control-plane/build}; builds a missing one, and reports that on standard error.
     *
     * @throws IllegalStateException when it cannot be built; the script has printed the reason
     */
    static ControlPlaneBinary built(Path root) {
        try {
            Process build = new ProcessBuilder(
                            root.resolve("src/test/control-plane/build").toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String path = new String(build.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (build.waitFor() != 0) {
                throw new IllegalStateException("There is no control plane to test against; see the lines above");
            }
            return new ControlPlaneBinary(Path.of(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the control plane was built", e);
        }
    }

    List<String> command(String component, String... arguments) {
        List<String> command = new ArrayList<>(List.of(file.toString(), component));
        command.addAll(List.of(arguments));
        return command;
    }
}
