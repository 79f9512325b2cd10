package dev.holdfast.cluster;

import dev.holdfast.stage.Build;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Helm itself, as one identity. */
record Helm(Path binary, Path kubeconfig, Path work) {
    private static final Path CHART = Path.of("deploy/chart");

    /** What it printed, and how it ended. */
    record Output(int status, String out, String err) {}

    /**
     * As {@code src/test/chart/helm} has it; builds it when there is none, and says so on standard error.
     *
     * @throws IllegalStateException when it cannot be built; the script has said why
     */
    static Helm of(RealCluster cluster) {
        Build build = cluster.build();
        try {
            Process script = new ProcessBuilder(build.script("chart/helm").toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String path = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (script.waitFor() != 0) {
                throw new IllegalStateException("There is no helm to test with; see the lines above");
            }
            return new Helm(Path.of(path), cluster.controlPlane().kubeconfig(Identity.ADMIN), cluster.work());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while helm was built", e);
        }
    }

    Path chart() {
        return CHART.toAbsolutePath();
    }

    /**
     * The standard output of a command that has to work.
     *
     * @throws IllegalStateException with its standard error when it does not
     */
    String run(String... arguments) {
        Output output = attempt(arguments);
        if (output.status != 0) {
            throw new IllegalStateException(
                    "helm " + String.join(" ", arguments) + " has ended with " + output.status + ": " + output.err);
        }
        return output.out;
    }

    /** Also what does not work has a result. */
    Output attempt(String... arguments) {
        try {
            Path errors = Files.createTempFile(work, "helm", ".err");
            List<String> command = new ArrayList<>(List.of(binary.toString()));
            command.addAll(List.of(arguments));
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
            builder.environment().put("KUBECONFIG", kubeconfig.toString());
            // Neither its caches nor its settings shall be this machine's.
            builder.environment().put("HOME", work.toString());
            Process process = builder.start();
            process.getOutputStream().close();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            Output output = new Output(status, out, Files.readString(errors));
            Files.delete(errors);
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
