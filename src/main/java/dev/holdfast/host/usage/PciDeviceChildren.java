package dev.holdfast.host.usage;

import dev.holdfast.pci.PciAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Devices that a driver has made below a PCI function: disks, network interfaces, connectors, framebuffers. Files that
 * vanish while they are read are skipped.
 */
final class PciDeviceChildren {
    /** Maximum depth, more than drivers use; links are never followed. */
    private static final int DEPTH = 16;

    private static final Pattern USB_BUS = Pattern.compile("usb\\d+");

    private final Path sysfs;
    private final List<Path> disks = new ArrayList<>();
    private final List<Path> networks = new ArrayList<>();
    private final List<Path> connectors = new ArrayList<>();
    private final List<Path> framebuffers = new ArrayList<>();
    private final List<Path> inputs = new ArrayList<>();
    private final List<DeviceNode> nodes = new ArrayList<>();
    private boolean emptyNetwork;

    private PciDeviceChildren(Path sysfs) {
        this.sysfs = sysfs;
    }

    static PciDeviceChildren below(Path sysfs, PciAddress address) throws IOException {
        PciDeviceChildren tree = new PciDeviceChildren(sysfs);
        tree.walk(sysfs.resolve("bus/pci/devices").resolve(address.toString()).toRealPath());
        return tree;
    }

    /** Returns the directories of block devices, including partitions. */
    List<Path> disks() {
        return disks;
    }

    List<Path> networks() {
        return networks;
    }

    /** Returns whether a driver has made a network interface in another network namespace. */
    boolean emptyNetwork() {
        return emptyNetwork;
    }

    List<Path> connectors() {
        return connectors;
    }

    List<Path> framebuffers() {
        return framebuffers;
    }

    /**
     * Returns input devices that are plugged in, without the jacks of sound cards, which the kernel lists as input devices
     * too.
     */
    List<Path> inputs() {
        return inputs;
    }

    /** Returns all device nodes that a process can open. */
    List<DeviceNode> nodes() {
        return nodes;
    }

    private void walk(Path top) throws IOException {
        Files.walkFileTree(top, Set.of(), DEPTH, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                if (!directory.equals(top)) {
                    visit(directory);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) {
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private void visit(Path directory) throws IOException {
        switch (String.valueOf(Objects.requireNonNull(directory.getParent()).getFileName())) {
            case "net" -> networks.add(directory);
            case "graphics" -> framebuffers.add(directory);
            case "nvme" -> namespaces(directory);
            case "input" -> {
                if (onUsb(directory)) {
                    inputs.add(directory);
                }
            }
            default -> {}
        }
        if (directory.endsWith("net") && entries(directory).isEmpty()) {
            emptyNetwork = true;
        }
        if (Files.exists(directory.resolve("enabled")) && Files.exists(directory.resolve("modes"))) {
            connectors.add(directory);
        }
        Optional<DeviceNode> node = node(directory);
        node.ifPresent(nodes::add);
        if (node.filter(DeviceNode::block).isPresent()) {
            disks.add(directory);
        }
    }

    private static boolean onUsb(Path directory) {
        return StreamSupport.stream(directory.spliterator(), false)
                .anyMatch(part -> USB_BUS.matcher(part.toString()).matches());
    }

    /**
     * Adds the namespaces of an NVMe controller. The kernel places a disk with several paths below the subsystem, which has
     * links to its controllers.
     */
    private void namespaces(Path controller) throws IOException {
        for (Path subsystem : entries(sysfs.resolve("class/nvme-subsystem"))) {
            if (Files.exists(subsystem.resolve(String.valueOf(controller.getFileName())))) {
                walk(subsystem.toRealPath());
            }
        }
    }

    /** Returns the device node of a device; empty when it has none. */
    static Optional<DeviceNode> node(Path directory) {
        Optional<String> number = text(directory.resolve("dev"));
        if (number.isEmpty() || !number.get().matches("\\d{1,9}:\\d{1,9}")) {
            return Optional.empty();
        }
        String[] parts = number.get().split(":", 2);
        String name = text(directory.resolve("uevent")).stream()
                .flatMap(String::lines)
                .filter(line -> line.startsWith("DEVNAME="))
                .map(line -> line.substring("DEVNAME=".length()))
                .findFirst()
                .orElse(String.valueOf(directory.getFileName()));
        boolean block;
        try {
            block = Files.readSymbolicLink(directory.resolve("subsystem")).endsWith("block");
        } catch (IOException e) {
            block = false;
        }
        return Optional.of(new DeviceNode(name, block, Long.parseLong(parts[0]), Long.parseLong(parts[1])));
    }

    /** Returns the content of a file without surrounding blanks; empty also for a file that cannot be read. */
    static Optional<String> text(Path file) {
        try {
            return Optional.of(
                    Files.readString(file, StandardCharsets.ISO_8859_1).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Returns the entries of a directory; none when it does not exist. */
    static List<Path> entries(Path directory) {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory)) {
            found.forEach(entries::add);
        } catch (IOException | DirectoryIteratorException e) {
            return List.copyOf(entries);
        }
        return entries;
    }
}
