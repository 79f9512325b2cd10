package dev.holdfast.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * A machine's sysfs in one readable file of {@code src/test/resources/sysfs}, as far as it is read here; put into a
 * directory it has the files and links that the kernel shows. The machines are of kinds that exist, with the ids, classes
 * and sizes of their devices; none is a copy of one certain machine.
 *
 * <p>{@code name = text} is a file and {@code name/} a directory, below the root or, after {@code [path]}, below that
 * device; {@code resource[n]} is a line of the file {@code resource}; {@code driver ->}, {@code iommu_group ->},
 * {@code iommu ->} and {@code physfn ->} are links to what they name.
 */
public final class SysfsTree {
    /** All that there are. */
    public static final List<String> NAMES = List.of(
            "consumer-gpu",
            "two-a100",
            "h100-sxm",
            "sriov",
            "shared-group",
            "boot-framebuffer",
            "no-iommu",
            "two-domains",
            "two-iommus",
            "numa-minus-one",
            "broken-device",
            "nvme-beside-gpu",
            "vgpu",
            "no-remapping",
            "no-iommu-mode",
            "arc-board");

    /** The file's lines: six BARs, the ROM, six of virtual functions. */
    private static final int RESOURCES = 13;

    private static final String NO_RESOURCE = "0x0000000000000000 0x0000000000000000 0x0000000000000000";

    private final Path root;
    private final Map<Path, Map<Integer, String>> resources = new TreeMap<>();
    private Path directory;

    private SysfsTree(Path root) {
        this.root = root;
        this.directory = root;
    }

    /** Makes the tree below a directory and returns that. */
    public static Path make(String name, Path root) {
        try (InputStream in = SysfsTree.class.getResourceAsStream("/sysfs/" + name + ".txt")) {
            String text = new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
            SysfsTree tree = new SysfsTree(root);
            Files.createDirectories(root.resolve("bus/pci/devices"));
            for (String line : text.lines().toList()) {
                tree.line(line);
            }
            tree.writeResources();
            return root;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void line(String line) throws IOException {
        if (line.isBlank() || line.startsWith("#")) {
            return;
        }
        if (line.startsWith("[")) {
            device(line.substring(1, line.length() - 1));
        } else if (line.endsWith("/")) {
            Files.createDirectories(directory.resolve(line));
        } else if (line.contains(" -> ")) {
            String[] link = line.split(" -> ", 2);
            link(link[0], link[1]);
        } else {
            String[] file = line.split(" = ", 2);
            file(file[0], file[1]);
        }
    }

    private void device(String path) throws IOException {
        directory = root.resolve(path);
        Files.createDirectories(directory);
        link(root.resolve("bus/pci/devices").resolve(directory.getFileName()), directory);
    }

    private void file(String name, String text) throws IOException {
        if (name.startsWith("resource[")) {
            int index = Integer.parseInt(name.substring("resource[".length(), name.length() - 1));
            resources.computeIfAbsent(directory, any -> new TreeMap<>()).put(index, text);
            return;
        }
        Path file = directory.resolve(name);
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        Files.writeString(file, text + "\n");
    }

    private void link(String name, String target) throws IOException {
        Path found = switch (name) {
            case "driver" -> root.resolve("bus/pci/drivers").resolve(target);
            case "iommu_group" -> root.resolve("kernel/iommu_groups").resolve(target);
            case "iommu" -> root.resolve("class/iommu").resolve(target);
            default -> Objects.requireNonNull(directory.getParent()).resolve(target);
        };
        if (name.equals("iommu_group")) {
            Files.createDirectories(found.resolve("devices"));
            link(found.resolve("devices").resolve(directory.getFileName()), directory);
        }
        Files.createDirectories(found);
        link(directory.resolve(name), found);
    }

    private static void link(Path link, Path target) throws IOException {
        Path from = Objects.requireNonNull(link.getParent());
        Files.createDirectories(from);
        Files.createSymbolicLink(link, from.relativize(target));
    }

    private void writeResources() throws IOException {
        for (var entry : resources.entrySet()) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < RESOURCES; i++) {
                text.append(entry.getValue().getOrDefault(i, NO_RESOURCE)).append('\n');
            }
            Files.writeString(entry.getKey().resolve("resource"), text);
        }
    }
}
