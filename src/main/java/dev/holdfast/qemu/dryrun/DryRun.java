package dev.holdfast.qemu.dryrun;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.qemu.argv.FirmwareFiles;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.qmp.Qmp;
import dev.holdfast.qemu.shape.QemuShape;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Asks QEMU itself what VFIO will map: starts the machine of a VM without its devices, paused and without touching its
 * memory, reads its memory map, and kills it. Nothing is left behind, whatever it does.
 *
 * <p>What it says is compared with the model and may raise a limit that the model made too small. So a dry-run that fails
 * is no reason to stop a VM: the planned limit then decides alone.
 */
public final class DryRun {
    /** What {@code info mtree -f} prints for 64 devices with an address space each is below 1 MiB. */
    private static final int MAX_ANSWER_BYTES = 4 << 20;

    // Of an x86 host; QEMU is asked only there.
    private static final long PAGE_BYTES = 4096;

    private final Path folder;

    /** What came of it. */
    public sealed interface Outcome {
        /**
         * QEMU told.
         *
         * @param bytes what VFIO will map, once for each address space
         * @param took  from the start of QEMU to its last answer
         * @param cpu   processor time that QEMU used for it
         */
        record Measured(long bytes, Duration took, Duration cpu) implements Outcome {}

        /**
         * There is no measurement.
         *
         * @param sentence why
         */
        record Failed(String sentence) implements Outcome {}
    }

    /**
     * @param folder where the control socket is made and removed; it has to exist
     */
    public DryRun(Path folder) {
        this.folder = folder;
    }

    /**
     * Measures one machine.
     *
     * @param program     QEMU
     * @param environment {@code NAME=value} each
     * @param firmware    its UEFI, null for SeaBIOS; the variables are not opened
     * @param limit       how long QEMU has; two seconds may be added for it to die
     */
    public Outcome measure(
            Path program,
            List<String> environment,
            QemuShape shape,
            Accelerator accelerator,
            @Nullable FirmwareFiles firmware,
            Duration limit) {
        try (PrivateSocket socket = PrivateSocket.in(folder)) {
            List<String> argv = DryRunArgv.of(shape, accelerator, firmware, socket.path());
            return ask(program, argv, environment, socket, addressSpaces(shape), limit);
        } catch (IOException | IllegalArgumentException e) {
            return failed(e, "");
        }
    }

    /** With an IOMMU of its own the guest has one for each device; else all share one, if there are any. */
    private static int addressSpaces(QemuShape shape) {
        int devices = shape.devices().size();
        return shape.iommu() == null ? Math.min(devices, 1) : devices;
    }

    private static Outcome ask(
            Path program,
            List<String> argv,
            List<String> environment,
            PrivateSocket socket,
            int addressSpaces,
            Duration limit)
            throws IOException {
        long start = System.nanoTime();
        QemuProcess qemu = QemuProcess.start(program, argv, environment);
        try (qemu) {
            MemoryMap map = map(qemu, socket, start + limit.toNanos());
            return new Outcome.Measured(
                    map.bytes(PAGE_BYTES) * addressSpaces, Duration.ofNanos(System.nanoTime() - start), qemu.cpu());
        } catch (IOException | IllegalArgumentException e) {
            qemu.close();
            return failed(e, qemu.lastWords());
        }
    }

    /** Asks a QEMU that connects to the socket. */
    static MemoryMap map(QemuProcess qemu, PrivateSocket socket, long deadline) throws IOException {
        try (SocketChannel channel = socket.accept(qemu, left(deadline));
                Qmp qmp = Qmp.over(channel, socket.path(), MAX_ANSWER_BYTES, left(deadline))) {
            FlatView view = FlatView.ofSystemMemory(monitor(qmp, "info mtree -f", deadline));
            List<RamBlock> blocks = RamBlock.of(monitor(qmp, "info ramblock", deadline));
            JsonNode devices =
                    qmp.execute("query-memory-devices", JsonNodeFactory.instance.objectNode(), left(deadline));
            return new MemoryMap(view, blocks, VirtioMem.of(devices));
        }
    }

    private static String monitor(Qmp qmp, String line, long deadline) throws IOException {
        JsonNode answer = qmp.execute(
                "human-monitor-command",
                JsonNodeFactory.instance.objectNode().put("command-line", line),
                left(deadline));
        return answer.asText();
    }

    private static Duration left(long deadline) throws SocketTimeoutException {
        long nanos = deadline - System.nanoTime();
        if (nanos <= 0) {
            throw new SocketTimeoutException("QEMU took all the time there was");
        }
        return Duration.ofNanos(nanos);
    }

    private static Outcome.Failed failed(Exception cause, String lastWords) {
        String reason = Objects.requireNonNullElseGet(cause.getMessage(), cause::toString);
        return new Outcome.Failed(
                lastWords.isEmpty() ? reason : reason + "; its last words: " + Sizes.shortened(lastWords));
    }
}
