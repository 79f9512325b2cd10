package dev.holdfast.testbed.cluster;

import dev.holdfast.testbed.Build;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Helm itself, as one identity. */
public record Helm(Path binary, ClientProgram program) {
    private static final Path CHART = Path.of("deploy/chart");

    /**
     * Returns the binary of {@code src/test/chart/helm}; builds it if it does not exist, and reports that on standard error.
     *
     * @throws IllegalStateException when it cannot be built; the script has printed the reason
     */
    public static Helm of(RealCluster cluster) {
        Build build = cluster.build();
        try {
            Process script = new ProcessBuilder(build.script("chart/helm").toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String path = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (script.waitFor() != 0) {
                throw new IllegalStateException("There is no helm to test with; see the lines above");
            }
            return new Helm(
                    Path.of(path),
                    new ClientProgram("helm", cluster.controlPlane().kubeconfig(Identity.ADMIN), cluster.work()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while helm was built", e);
        }
    }

    public Path chart() {
        return CHART.toAbsolutePath();
    }

    /**
     * The standard output of a command that has to work.
     *
     * @throws IllegalStateException with its standard error when it does not
     */
    public String run(String... arguments) {
        return program.run(command(arguments), arguments);
    }

    /** Also what does not work has a result. */
    public ClientProgram.Output attempt(String... arguments) {
        return program.attempt(command(arguments));
    }

    private List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(binary.toString()));
        command.addAll(List.of(arguments));
        return command;
    }
}
