package dev.holdfast.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A process on this host with a log of its own; ends, at the latest, with the one who started it. */
public final class HostProcess implements AutoCloseable {
    private static final Duration GRACE = Duration.ofSeconds(60);
    private static final Duration GRACE_OF_STARTER = Duration.ofSeconds(10);
    private static final int LAST_WORDS = 2000;

    private final String name;
    private final Process process;
    private final Path log;
    private final Thread onExit;
    private volatile boolean closed;

    private HostProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
        onExit = new Thread(this::endWithStarter, "end " + name);
        Runtime.getRuntime().addShutdownHook(onExit);
    }

    /** Starts a command; its output, both streams, is appended to the log. */
    public static HostProcess start(String name, List<String> command, Map<String, String> environment, Path log) {
        try {
            Files.createDirectories(log.toAbsolutePath().getParent());
            var builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            builder.environment().putAll(environment);
            builder.environment().put("JAVA_HOME", Build.javaHome().toString());
            return new HostProcess(name, builder.start(), log);
        } catch (IOException e) {
            throw new UncheckedIOException("Could not start " + name, e);
        }
    }

    /** An API server whose etcd has ended before would wait for it forever. */
    private void endWithStarter() {
        process.destroy();
        try {
            if (!process.waitFor(GRACE_OF_STARTER)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
        }
    }

    public String name() {
        return name;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Throws IllegalStateException, with its last words, when it has ended and was not closed. */
    public void checkAlive() {
        if (!closed && !isAlive()) {
            String words = log();
            throw new IllegalStateException(
                    name + " has ended: " + words.substring(Math.max(0, words.length() - LAST_WORDS)));
        }
    }

    /** Returns the output so far. */
    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a signal by name: STOP and CONT, say. */
    public void signal(String name) {
        try {
            if (new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                            .start()
                            .waitFor()
                    != 0) {
                throw new IllegalStateException(this.name + " could not be sent " + name);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs the action, on another thread, when the process has ended in whatever way. */
    public void onExit(Runnable action) {
        process.onExit().thenRun(action);
    }

    /** SIGKILL: the process has no say. */
    public void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** SIGTERM, and all the time that is needed to obey. */
    void terminate(Duration limit) {
        process.destroy();
        await(limit);
    }

    /** SIGTERM, and SIGKILL when that does not help. */
    @Override
    public void close() {
        closed = true;
        process.destroy();
        try {
            if (!process.waitFor(GRACE)) {
                kill();
            }
        } catch (InterruptedException e) {
            kill();
            Thread.currentThread().interrupt();
        }
        forgetExitHook();
    }

    /** Waits for the end and gives the exit status. */
    public int await(Duration limit) {
        try {
            if (!process.waitFor(limit)) {
                throw new IllegalStateException(name + " has not ended within " + limit.toSeconds() + " s");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(name + " was not waited for: interrupted", e);
        }
    }

    private void forgetExitHook() {
        try {
            Runtime.getRuntime().removeShutdownHook(onExit);
        } catch (IllegalStateException alreadyShuttingDown) {
            // Then the hook runs, on a process that has ended: harmless.
        }
    }
}
