package dev.holdfast.testbed.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A program that talks to the API server, as one identity.
 *
 * @param name what it is called in messages
 * @param work folder for its caches and settings, in place of this machine's
 */
public record ClientProgram(String name, Path kubeconfig, Path work) {

    /** Output and exit status. */
    public record Output(int status, String out, String err) {}

    /** The variables that make it this identity's. */
    Map<String, String> environment() {
        return Map.of("KUBECONFIG", kubeconfig.toString(), "HOME", work.toString());
    }

    /**
     * The standard output of a command that has to work.
     *
     * @param command   with the program itself
     * @param arguments as they are shown
     * @throws IllegalStateException with its standard error when it does not
     */
    String run(List<String> command, String... arguments) {
        Output output = attempt(command);
        if (output.status != 0) {
            throw new IllegalStateException("%s %s has ended with %d: %s"
                    .formatted(name, String.join(" ", arguments), output.status, output.err));
        }
        return output.out;
    }

    /** Also what does not work has a result. */
    Output attempt(List<String> command) {
        try {
            Path errors = Files.createTempFile(work, name, ".err");
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
            builder.environment().putAll(environment());
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
