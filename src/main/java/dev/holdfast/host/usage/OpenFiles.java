package dev.holdfast.host.usage;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Who has a device open, as /proc/PID/fd tells. To see the descriptors of other users' processes takes CAP_SYS_PTRACE
 * and CAP_DAC_READ_SEARCH (proc_pid_fd(5)). What a process has mapped and closed is not seen, nor a device that was opened
 * by a node on a network file system or on FUSE.
 *
 * @param procfs where the node's procfs is mounted
 */
public record OpenFiles(Path procfs) {
    private static final int CAP_DAC_READ_SEARCH = 2;
    private static final int CAP_SYS_PTRACE = 19;
    private static final int TYPE_MASK = 0170000;
    private static final int BLOCK = 0060000;
    private static final int CHARACTER = 0020000;

    /** What is no file of a file system, and most of what processes have open. */
    private static final Pattern NO_FILE = Pattern.compile("(socket|pipe|anon_inode):.*");

    /** What a look found. */
    public sealed interface Look {
        /** The first process found that has one of them open. */
        record Opened(PciUse.Opened use) implements Look {}

        /** No process has. */
        record Unopened() implements Look {}

        /**
         * Nobody knows.
         *
         * @param why what was found and what to do, a sentence without its end
         */
        record Hidden(String why) implements Look {}
    }

    /**
     * Looks once at every process, which may take long. A process that ends meanwhile has nothing open any more; one that
     * may not be looked into hides what it has.
     */
    public Look look(Collection<DeviceNode> nodes) {
        if (nodes.isEmpty()) {
            return new Look.Unopened();
        }
        if (!allVisible()) {
            return new Look.Hidden("found CAP_SYS_PTRACE or CAP_DAC_READ_SEARCH missing; install the overlay"
                    + " overlays/bind as it is");
        }
        RemoteFilesystems far = new RemoteFilesystems();
        Path hidden = null;
        for (Path process : PciDeviceChildren.entries(procfs)) {
            if (!process.getFileName().toString().matches("\\d+")) {
                continue;
            }
            try {
                Optional<DeviceNode> opened = opened(process, nodes, far);
                if (opened.isPresent()) {
                    return new Look.Opened(use(process, opened.get()));
                }
            } catch (IOException e) {
                hidden = hidden == null && Files.exists(process) ? process : hidden;
            }
        }
        return hidden == null
                ? new Look.Unopened()
                : new Look.Hidden("the kernel does not let the agent see what " + command(hidden)
                        + " has open; let no security module (AppArmor, SELinux) confine the agent, as the overlay"
                        + " overlays/bind has it");
    }

    private boolean allVisible() {
        return PciDeviceChildren.text(procfs.resolve("self/status")).stream()
                .flatMap(String::lines)
                .filter(line -> line.startsWith("CapEff:"))
                .map(line -> Long.parseUnsignedLong(
                        line.substring("CapEff:".length()).strip(), 16))
                .anyMatch(capabilities ->
                        (capabilities >> CAP_DAC_READ_SEARCH & 1) == 1 && (capabilities >> CAP_SYS_PTRACE & 1) == 1);
    }

    private static Optional<DeviceNode> opened(Path process, Collection<DeviceNode> nodes, RemoteFilesystems far)
            throws IOException {
        boolean hidden = false;
        for (Path descriptor : descriptors(process)) {
            try {
                Optional<DeviceNode> node = opened(process, descriptor, nodes, far);
                if (node.isPresent()) {
                    return node;
                }
            } catch (AccessDeniedException e) {
                hidden = true;
            }
        }
        if (hidden) {
            throw new AccessDeniedException(process.toString());
        }
        return Optional.empty();
    }

    private static List<Path> descriptors(Path process) throws IOException {
        List<Path> descriptors = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(process.resolve("fd"))) {
            found.forEach(descriptors::add);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return descriptors;
    }

    /** @throws AccessDeniedException when it is kept secret what this is */
    private static Optional<DeviceNode> opened(
            Path process, Path descriptor, Collection<DeviceNode> nodes, RemoteFilesystems far)
            throws AccessDeniedException {
        try {
            if (NO_FILE.matcher(Files.readSymbolicLink(descriptor).toString()).matches()
                    || far.has(process, descriptor)) {
                return Optional.empty();
            }
            Map<String, Object> attributes = Files.readAttributes(descriptor, "unix:mode,rdev");
            int type = (Integer) Objects.requireNonNull(attributes.get("mode")) & TYPE_MASK;
            long rdev = (Long) Objects.requireNonNull(attributes.get("rdev"));
            return nodes.stream()
                    .filter(node -> type == (node.block() ? BLOCK : CHARACTER) && rdev == node.rdev())
                    .findFirst();
        } catch (AccessDeniedException e) {
            throw e;
        } catch (IOException e) {
            // Closed meanwhile, or on a file system that is broken: no device of the kernel.
            return Optional.empty();
        }
    }

    private static PciUse.Opened use(Path process, DeviceNode node) {
        return new PciUse.Opened(
                node.name(), Integer.parseInt(process.getFileName().toString()), command(process));
    }

    private static String command(Path process) {
        return PciDeviceChildren.text(process.resolve("comm")).orElse("?");
    }
}
