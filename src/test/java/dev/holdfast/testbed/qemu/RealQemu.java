package dev.holdfast.testbed.qemu;

import dev.holdfast.qemu.qmp.Qmp;
import dev.holdfast.qemu.shape.GuestPaths;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** The QEMU of this machine, started as the launcher would, with its control socket elsewhere. */
public final class RealQemu implements AutoCloseable {
    public static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final Path socket;
    private final Path output;
    private final Process process;

    /**
     * @param folder where socket and output go
     * @param more   arguments after those of the command line
     */
    public RealQemu(Path folder, List<String> argv, String... more) throws IOException {
        socket = folder.resolve("qmp.sock");
        output = folder.resolve("output");
        List<String> command = new ArrayList<>();
        argv.forEach(argument -> command.add(argument.replace(GuestPaths.QMP_SOCKET, socket.toString())));
        command.addAll(List.of(more));
        process = new ProcessBuilder(Inherited.command(command))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        Awaitility.await().atMost(TIMEOUT).until(() -> Files.exists(socket) || !process.isAlive());
        checkAlive();
    }

    private void checkAlive() throws IOException {
        if (!process.isAlive()) {
            throw new AssertionError("QEMU refused its arguments: " + Files.readString(output));
        }
    }

    public Path socket() {
        return socket;
    }

    /** Some arguments are refused only when the socket is there. */
    public Qmp qmp() {
        return connect(socket, this::checkAlive);
    }

    public static Qmp connect(Path socket) {
        return connect(socket, () -> {});
    }

    private interface Check {
        void run() throws IOException;
    }

    /** Between the moment when the socket is there and the one when QEMU listens a connection is refused. */
    private static Qmp connect(Path socket, Check before) {
        return Awaitility.await()
                .atMost(TIMEOUT)
                .ignoreException(ConnectException.class)
                .until(
                        () -> {
                            before.run();
                            return Qmp.connect(socket, TIMEOUT);
                        },
                        qmp -> true);
    }

    public boolean endsInTime() throws InterruptedException {
        return endsWithin(TIMEOUT);
    }

    public boolean endsWithin(Duration time) throws InterruptedException {
        return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** The guest's console, and what QEMU says. */
    public String output() throws IOException {
        return Files.readString(output, StandardCharsets.ISO_8859_1);
    }

    /** SIGTERM, as the kubelet sends it. */
    public void terminate() {
        process.destroy();
    }

    public int exitValue() {
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
