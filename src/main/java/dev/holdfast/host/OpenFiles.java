package dev.holdfast.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;

/**
 * Who has a device open, as /proc/PID/fd tells. To see the descriptors of other users' processes takes CAP_SYS_PTRACE
 * and CAP_DAC_READ_SEARCH (proc_pid_fd(5)). What a process has mapped and closed is not seen.
 *
 * @param procfs where the node's procfs is mounted
 */
public record OpenFiles(Path procfs) {
    private static final int CAP_DAC_READ_SEARCH = 2;
    private static final int CAP_SYS_PTRACE = 19;
    private static final int TYPE_MASK = 0170000;
    private static final int BLOCK = 0060000;
    private static final int CHARACTER = 0020000;

    /** Whether this process may see the descriptors of all others. */
    public boolean allVisible() {
        return DeviceTree.text(procfs.resolve("self/status")).stream()
                .flatMap(String::lines)
                .filter(line -> line.startsWith("CapEff:"))
                .map(line -> Long.parseUnsignedLong(
                        line.substring("CapEff:".length()).strip(), 16))
                .anyMatch(capabilities ->
                        (capabilities >> CAP_DAC_READ_SEARCH & 1) == 1 && (capabilities >> CAP_SYS_PTRACE & 1) == 1);
    }

    /** The first process found that has any of these open. Processes that may not be looked into are passed over. */
    public Optional<PciUse.Opened> opener(Collection<DeviceNode> nodes) {
        if (nodes.isEmpty()) {
            return Optional.empty();
        }
        return DeviceTree.entries(procfs).stream()
                .filter(process -> process.getFileName().toString().matches("\\d+"))
                .flatMap(process -> DeviceTree.entries(process.resolve("fd")).stream()
                        .flatMap(descriptor -> opened(descriptor, nodes).stream())
                        .map(node -> opened(process, node)))
                .findFirst();
    }

    private static PciUse.Opened opened(Path process, DeviceNode node) {
        return new PciUse.Opened(
                node.name(),
                Integer.parseInt(process.getFileName().toString()),
                DeviceTree.text(process.resolve("comm")).orElse("?"));
    }

    private static Optional<DeviceNode> opened(Path descriptor, Collection<DeviceNode> nodes) {
        try {
            int type = (Integer) Files.getAttribute(descriptor, "unix:mode") & TYPE_MASK;
            if (type != BLOCK && type != CHARACTER) {
                return Optional.empty();
            }
            long rdev = (Long) Files.getAttribute(descriptor, "unix:rdev");
            return nodes.stream()
                    .filter(node -> type == (node.block() ? BLOCK : CHARACTER) && rdev == node.rdev())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
