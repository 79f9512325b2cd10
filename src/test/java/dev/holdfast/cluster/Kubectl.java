package dev.holdfast.cluster;

import dev.holdfast.stage.HostProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** kubectl itself, as one identity. */
public record Kubectl(ControlPlaneBinary binary, Path kubeconfig, Path work) {

    /** What it printed, and how it ended. */
    public record Output(int status, String out, String err) {}

    /**
     * The standard output of a command that has to work.
     *
     * @throws IllegalStateException with its standard error when it does not
     */
    public String run(String... arguments) {
        Output output = attempt(arguments);
        if (output.status != 0) {
            throw new IllegalStateException(
                    "kubectl " + String.join(" ", arguments) + " has ended with " + output.status + ": " + output.err);
        }
        return output.out;
    }

    /** Starts what goes on, {@code attach} say; its output goes to the log. */
    public HostProcess start(Path log, String... arguments) {
        return HostProcess.start(
                "kubectl " + arguments[0],
                binary.command("kubectl", arguments),
                Map.of("KUBECONFIG", kubeconfig.toString(), "HOME", work.toString()),
                log);
    }

    /** Also what does not work has a result. */
    public Output attempt(String... arguments) {
        try {
            Path errors = Files.createTempFile(work, "kubectl", ".err");
            List<String> command = binary.command("kubectl", arguments);
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
            builder.environment().put("KUBECONFIG", kubeconfig.toString());
            // Its caches of discovery shall not be this machine's.
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
