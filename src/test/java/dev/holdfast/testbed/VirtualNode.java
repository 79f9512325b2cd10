package dev.holdfast.testbed;

import dev.holdfast.qemu.qmp.Qmp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** The emulated machine with a real kernel and real VFIO; see src/test/virtual-node. */
public final class VirtualNode implements AutoCloseable {
    /** The host's loopback, seen from the node (QEMU's user network). */
    public static final String HOST_SEEN_FROM_NODE = "10.0.2.2";

    private static final Duration MONITOR_PATIENCE = Duration.ofSeconds(10);

    private final Build build;
    private final Path work;
    private final Path monitor;
    private final HostProcess machine;

    private VirtualNode(Build build, Path work, Path monitor, HostProcess machine) {
        this.build = build;
        this.work = work;
        this.monitor = monitor;
        this.machine = machine;
    }

    /** Result of a command in the node. */
    public record Output(int status, String out, String err) {
        /** The output, of a command that has to succeed. */
        public String orThrow() {
            if (status != 0) {
                throw new IllegalStateException("status " + status + " in the node: " + out + err);
            }
            return out;
        }
    }

    /**
     * Boots, with a main command whose end is the machine's end. The work folder is shared, at the same path. One processor
     * does for a test: two emulated ones wait for each other, a nested Debian takes three times as long, and after ten
     * minutes under load one was seen to lose its timer.
     */
    public static VirtualNode boot(Build build, Path work, int cpus, List<String> command) {
        return boot(build, work, List.of("--cpus", Integer.toString(cpus)), command);
    }

    /** Boots with options of {@code src/test/virtual-node/boot}: memory, disks, forwarded ports, another kernel. */
    public static VirtualNode boot(Build build, Path work, List<String> machine, List<String> command) {
        Path monitor;
        try {
            Files.createDirectories(work);
            // Not in the work folder: the kernel takes a hundred bytes for the path of a socket.
            monitor = Files.createTempDirectory("virtual-node").resolve("qmp");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> boot = new ArrayList<>(List.of(
                build.script("virtual-node/boot").toString(),
                "--work",
                work.toString(),
                "--timeout",
                "7200",
                "--qmp",
                monitor.toString()));
        boot.addAll(machine);
        boot.add("--");
        boot.addAll(command);
        return new VirtualNode(
                build, work, monitor, HostProcess.start("virtual node", boot, Map.of(), work.resolve("node.log")));
    }

    /** The machine's own control socket, to plug devices in and pull them out. */
    public Qmp monitor() throws IOException {
        return Qmp.connect(monitor, MONITOR_PATIENCE);
    }

    /** Throws IllegalStateException, with its last words, when it has ended. */
    public void checkAlive() {
        machine.checkAlive();
    }

    /** Returns the output of the main command. */
    public String log() {
        return machine.log();
    }

    /** Runs a command in the node, waiting up to two minutes for the node to be up. */
    public Output exec(String... command) {
        try {
            Process process = new ProcessBuilder(execCommand(List.of(command)))
                    .redirectInput(Path.of("/dev/null").toFile())
                    .start();
            var err = CompletableFuture.supplyAsync(() -> read(process.getErrorStream()));
            String out = read(process.getInputStream());
            return new Output(process.onExit().join().exitValue(), out, err.join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts a command in the node in the background, with its output in a file of the host. */
    public HostProcess start(String name, Path log, String... command) {
        return HostProcess.start(name, execCommand(List.of(command)), Map.of(), log);
    }

    private List<String> execCommand(List<String> command) {
        List<String> exec = new ArrayList<>(List.of(
                build.script("virtual-node/exec").toString(), "--work", work.toString(), "--wait", "120", "--"));
        exec.addAll(command);
        return exec;
    }

    private static String read(java.io.InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        machine.close();
        try {
            Files.deleteIfExists(monitor);
            Files.deleteIfExists(monitor.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
