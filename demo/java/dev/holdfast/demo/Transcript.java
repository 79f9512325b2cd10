package dev.holdfast.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Output of the demo, on the terminal and in a file, each step with the time since the start. */
final class Transcript implements AutoCloseable {
    private final long began = System.nanoTime();
    private final PrintStream file;

    Transcript(Path path) throws IOException {
        Files.createDirectories(path.toAbsolutePath().getParent());
        file = new PrintStream(Files.newOutputStream(path), true, StandardCharsets.UTF_8);
    }

    /** A new step. */
    void step(String title) {
        print("%n[%5.1f s] %s".formatted(seconds(), title));
    }

    /** Prints the observations of this step, in one or more lines. */
    void show(String lines) {
        print(lines.strip().indent(10).stripTrailing());
    }

    double seconds() {
        return Duration.ofNanos(System.nanoTime() - began).toMillis() / 1000.0;
    }

    @SuppressWarnings("SystemOut") // The terminal is what this class is for.
    private void print(String text) {
        System.out.println(text);
        file.println(text);
    }

    @Override
    public void close() {
        file.close();
    }
}
