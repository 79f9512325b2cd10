package dev.holdfast.testbed.qemu;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The stop hook of the launcher image, compiled by the gcc of this machine as the Dockerfile does. */
public final class Vmctl {
    private static final Path SOURCE = Path.of("src/main/vmctl/vmctl.c");

    private final Path program;

    private Vmctl(Path program) {
        this.program = program;
    }

    /** Result of a run. */
    public record Run(int status, String output, Duration time) {}

    /** Compiles it into a folder; skips the test on a machine without gcc, which `make test` installs. */
    public static Vmctl compiledIn(Path folder) throws IOException, InterruptedException {
        assumeThat(System.getenv("PATH").split(":"))
                .as("a compiler on the PATH")
                .anyMatch(path -> Files.isExecutable(Path.of(path, "gcc")));
        Path program = folder.resolve("holdfast-vmctl");
        Run compiler = run(List.of(
                "gcc",
                "-std=c17",
                "-O2",
                "-static",
                "-s",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-o",
                program.toString(),
                SOURCE.toString()));
        if (compiler.status != 0) {
            throw new AssertionError(compiler.output);
        }
        return new Vmctl(program);
    }

    public Path program() {
        return program;
    }

    /** Starts it, to be waited for by the caller. */
    Process start(String... arguments) throws IOException {
        return start(command(arguments));
    }

    public Run run(String... arguments) throws IOException, InterruptedException {
        return run(command(arguments));
    }

    private List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    private static Process start(List<String> command) throws IOException {
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static Run run(List<String> command) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        Process process = start(command);
        // The output fits into a pipe.
        if (!process.waitFor(3, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError(command + " has not ended");
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.exitValue(), output, Duration.ofNanos(System.nanoTime() - begin));
    }
}
