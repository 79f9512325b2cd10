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
 * Measures what VFIO will map: starts QEMU with the machine of a VM but without its devices, paused and without touching its
 * memory, reads its memory map, and kills it. Nothing remains, whatever it does.
 *
 * <p>The measurement is compared with the model and may raise a limit that the model has computed too low. A dry-run that
 * fails therefore does not stop a VM: the planned limit then applies.
 */
public final class DryRun {
    /**
     * Maximum length of an answer; {@code info mtree -f} prints less than 1 MiB for 64 devices with an address space each.
     */
    private static final int MAX_ANSWER_BYTES = 4 << 20;

    // Page size of x86 hosts, the only ones where a dry-run is made.
    private static final long PAGE_BYTES = 4096;

    private final Path folder;

    /** Result of a dry-run. */
    public sealed interface Outcome {
        /**
         * A measurement.
         *
         * @param bytes bytes that VFIO will map, once for each address space
         * @param took  from the start of QEMU to its last answer
         * @param cpu   processor time used by QEMU
         */
        record Measured(long bytes, Duration took, Duration cpu) implements Outcome {}

        /**
         * No measurement.
         *
         * @param message reason, for the log
         */
        record Failed(String message) implements Outcome {}
    }

    /**
     * @param folder existing folder in which the control socket is created and removed
     */
    public DryRun(Path folder) {
        this.folder = folder;
    }

    /**
     * Measures one machine.
     *
     * @param program     QEMU
     * @param environment {@code NAME=value} each
     * @param firmware    its UEFI firmware, null for SeaBIOS; the variables are not opened
     * @param limit       time limit for QEMU; two seconds may be added until it has ended
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

    /**
     * Returns the number of address spaces: one for each device with an IOMMU in the guest; otherwise one for all devices,
     * if any.
     */
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
            return failed(e, qemu.lastOutput());
        }
    }

    /** Reads the memory map of a QEMU that connects to the socket. */
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
            throw new SocketTimeoutException("QEMU did not finish in time");
        }
        return Duration.ofNanos(nanos);
    }

    private static Outcome.Failed failed(Exception cause, String lastOutput) {
        String reason = Objects.requireNonNullElseGet(cause.getMessage(), cause::toString);
        return new Outcome.Failed(
                lastOutput.isEmpty() ? reason : reason + "; its last output: " + Sizes.shortened(lastOutput));
    }
}
