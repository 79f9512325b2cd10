package dev.holdfast.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Kubernetes' own reader of device metadata (KEP-5304), a Go program of the tests. */
public final class DeviceMetadata {
    private static final Path PROGRAM = Path.of("src/test/device-metadata");

    private DeviceMetadata() {}

    /** The file about a request of a claim of its own name, in the container. */
    public static String pathOfClaim(String driver, String claim, String request) {
        return run("", "path", "claim", driver, claim, request).strip();
    }

    /** The file about a request of a claim that was made from a template, by the claim's name in the pod. */
    public static String pathOfTemplate(String driver, String podClaim, String request) {
        return run("", "path", "template", driver, podClaim, request).strip();
    }

    /** A line for each device of a file: namespace, claim in the pod ("-" for none), request, driver, pool, device, PCI address. */
    public static List<String> decode(String file) {
        return run(file, "decode").lines().toList();
    }

    private static String run(String input, String... arguments) {
        List<String> command = new ArrayList<>(List.of("go", "run", "-mod=readonly", "."));
        command.addAll(List.of(arguments));
        try {
            Path file = Files.createTempFile("device-metadata", ".json");
            Files.writeString(file, input);
            Process program = new ProcessBuilder(command)
                    .directory(PROGRAM.toFile())
                    .redirectInput(file.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String output = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = program.waitFor();
            Files.delete(file);
            if (status != 0) {
                throw new IllegalStateException("the reader ended with status " + status + "; see the lines above");
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while metadata was read", e);
        }
    }
}
