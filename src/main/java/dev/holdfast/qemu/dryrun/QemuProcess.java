package dev.holdfast.qemu.dryrun;

import dev.holdfast.text.LogKeys;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A QEMU process for a dry-run, which is killed afterwards, with its child processes. The end of its error output is kept.
 */
final class QemuProcess implements Closeable {
    private static final Logger log = LoggerFactory.getLogger(QemuProcess.class);
    private static final int KEPT_BYTES = 2048;
    private static final Duration TERMINATION = Duration.ofSeconds(2);
    private static final Duration LAST_OUTPUT = Duration.ofMillis(200);

    private final Process process;
    private final Thread reader;
    private byte[] output = {};

    private QemuProcess(Process process) {
        this.process = process;
        // Reads until the end, however much that is: a full pipe would block QEMU.
        this.reader = Thread.ofPlatform().daemon().name("dry-run").unstarted(this::read);
    }

    /**
     * Starts a process.
     *
     * @param argv        arguments, starting with its name
     * @param environment {@code NAME=value} each
     */
    static QemuProcess start(Path program, List<String> argv, List<String> environment) throws IOException {
        List<String> command = new ArrayList<>(argv);
        command.set(0, program.toString());
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        for (String variable : environment) {
            int equals = variable.indexOf('=');
            builder.environment().put(variable.substring(0, equals), variable.substring(equals + 1));
        }
        QemuProcess started = new QemuProcess(builder.start());
        started.reader.start();
        return started;
    }

    void onEnd(Runnable action) {
        process.onExit().thenRun(action);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Returns the exit status; the process must have ended. */
    int exitStatus() {
        return process.exitValue();
    }

    /** Returns the processor time that it has used. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** Returns the last line that it wrote to its standard error, empty for none. Must be called after it was killed. */
    String lastOutput() {
        join();
        synchronized (this) {
            String text = new String(output, StandardCharsets.UTF_8);
            return text.lines()
                    .filter(line -> !line.isBlank())
                    .reduce("", (former, line) -> line)
                    .strip();
        }
    }

    /** Kills it, and returns when it has ended. */
    @Override
    public void close() {
        List<ProcessHandle> children = process.descendants().toList();
        // By its handle: Process.destroyForcibly would close the pipes too, and lose the last output.
        process.toHandle().destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        try {
            if (!process.waitFor(TERMINATION.toMillis(), TimeUnit.MILLISECONDS)) {
                log.atWarn()
                        .addKeyValue(LogKeys.PID, process.pid())
                        .log("QEMU of the dry-run was killed but has not ended");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void join() {
        try {
            reader.join(LAST_OUTPUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read() {
        byte[] buffer = new byte[KEPT_BYTES];
        try (InputStream errors = process.getErrorStream()) {
            for (int count = errors.read(buffer); count >= 0; count = errors.read(buffer)) {
                keep(buffer, count);
            }
        } catch (IOException e) {
            // The process was killed, which closed the pipe.
        }
    }

    private synchronized void keep(byte[] buffer, int count) {
        int kept = Math.min(output.length, KEPT_BYTES - count);
        byte[] longer = Arrays.copyOfRange(output, output.length - kept, output.length + count);
        System.arraycopy(buffer, 0, longer, kept, count);
        output = longer;
    }
}
