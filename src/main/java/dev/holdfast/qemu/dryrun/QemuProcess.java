package dev.holdfast.qemu.dryrun;

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

/** A QEMU that is only asked and then killed, with whatever it has started. What it complains of is kept, its last words at least. */
final class QemuProcess implements Closeable {
    private static final Logger log = LoggerFactory.getLogger(QemuProcess.class);
    private static final int KEPT_BYTES = 2048;
    private static final Duration DEATH = Duration.ofSeconds(2);
    private static final Duration LAST_WORDS = Duration.ofMillis(200);

    private final Process process;
    private final Thread listener;
    private byte[] words = {};

    private QemuProcess(Process process) {
        this.process = process;
        // It reads to the end, however much that is: a full pipe would stop QEMU.
        this.listener = Thread.ofPlatform().daemon().name("dry-run").unstarted(this::listen);
    }

    /**
     * Starts it.
     *
     * @param argv        its own name first
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
        started.listener.start();
        return started;
    }

    void onEnd(Runnable action) {
        process.onExit().thenRun(action);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Once it has ended. */
    int exitStatus() {
        return process.exitValue();
    }

    /** The processor time that it has used. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** The last line that it wrote to its standard error, empty for none. To be called once it was killed. */
    String lastWords() {
        join();
        synchronized (this) {
            String text = new String(words, StandardCharsets.UTF_8);
            return text.lines()
                    .filter(line -> !line.isBlank())
                    .reduce("", (former, line) -> line)
                    .strip();
        }
    }

    /** Kills it, and returns when it is gone. */
    @Override
    public void close() {
        List<ProcessHandle> children = process.descendants().toList();
        // By its handle: Process.destroyForcibly closes the pipes too, and the last words with them.
        process.toHandle().destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        try {
            if (!process.waitFor(DEATH.toMillis(), TimeUnit.MILLISECONDS)) {
                log.atWarn().addKeyValue("pid", process.pid()).log("the dry-run's QEMU was killed and is still there");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void join() {
        try {
            listener.join(LAST_WORDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void listen() {
        byte[] buffer = new byte[KEPT_BYTES];
        try (InputStream errors = process.getErrorStream()) {
            for (int count = errors.read(buffer); count >= 0; count = errors.read(buffer)) {
                keep(buffer, count);
            }
        } catch (IOException e) {
            // It was killed, and the pipe with it.
        }
    }

    private synchronized void keep(byte[] buffer, int count) {
        int kept = Math.min(words.length, KEPT_BYTES - count);
        byte[] longer = Arrays.copyOfRange(words, words.length - kept, words.length + count);
        System.arraycopy(buffer, 0, longer, kept, count);
        words = longer;
    }
}
