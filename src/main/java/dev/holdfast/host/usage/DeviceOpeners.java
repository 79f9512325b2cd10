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
 * Finds processes that have a device open, by /proc/PID/fd. Reading the descriptors of other users' processes requires
 * CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH (proc_pid_fd(5)). Devices that a process has mapped and closed are not found, nor
 * those opened by a node on a network file system or on FUSE.
 *
 * @param procfs where the node's procfs is mounted
 */
public record DeviceOpeners(Path procfs) {
    private static final int CAP_DAC_READ_SEARCH = 2;
    private static final int CAP_SYS_PTRACE = 19;
    private static final int TYPE_MASK = 0170000;
    private static final int BLOCK = 0060000;
    private static final int CHARACTER = 0020000;

    /** Descriptors that refer to no file of a file system; most descriptors are such. */
    private static final Pattern NO_FILE = Pattern.compile("(socket|pipe|anon_inode):.*");

    /** Result of a search. */
    public sealed interface Result {
        /** A process has one of the devices open; the first one found. */
        record Opened(PciUse.Opened use) implements Result {}

        /** No process has one of the devices open. */
        record Unopened() implements Result {}

        /**
         * The result is unknown.
         *
         * @param message what was found and what to do, as a message without a full stop
         */
        record Hidden(String message) implements Result {}
    }

    /**
     * Searches all processes once, which may take long. A process that ends meanwhile has nothing open; of one that may not
     * be inspected, the open files are unknown.
     */
    public Result search(Collection<DeviceNode> nodes) {
        if (nodes.isEmpty()) {
            return new Result.Unopened();
        }
        if (!allVisible()) {
            return new Result.Hidden("the agent has no CAP_SYS_PTRACE or no CAP_DAC_READ_SEARCH; install the overlay"
                    + " overlays/bind unchanged");
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
                    return new Result.Opened(use(process, opened.get()));
                }
            } catch (IOException e) {
                hidden = hidden == null && Files.exists(process) ? process : hidden;
            }
        }
        return hidden == null
                ? new Result.Unopened()
                : new Result.Hidden("the kernel does not show the agent the files that " + command(hidden)
                        + " has open; the agent must not be confined by a security module (AppArmor, SELinux), as in"
                        + " the overlay overlays/bind");
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

    /**
     * Returns the device that a descriptor refers to.
     *
     * @throws AccessDeniedException when the descriptor may not be read
     */
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
            // Closed meanwhile, or on a failed file system: not one of the devices.
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
