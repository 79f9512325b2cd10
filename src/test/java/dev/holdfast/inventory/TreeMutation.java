package dev.holdfast.inventory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes changes to a sysfs tree that no kernel would, and undoes them. The same random numbers result in the same changes.
 */
final class TreeMutation {
    private static final List<String> FILES = List.of(
            "class",
            "vendor",
            "device",
            "subsystem_vendor",
            "subsystem_device",
            "numa_node",
            "resource",
            "reset_method",
            "boot_vga",
            "sriov_numvfs",
            "sriov_totalvfs",
            "secondary_bus_number",
            "vfio-dev",
            "nvidia/current_vgpu_type");
    private static final List<String> LINKS = List.of("driver", "driver", "iommu_group", "iommu_group", "physfn");
    private static final List<String> TEXTS = List.of(
            "",
            "\n",
            "garbage\n",
            "0x\n",
            "0x030000\n",
            "0x060400\n",
            "0x068000\n",
            "0xffffff\n",
            "0x10de\n",
            "0xFFFF\n",
            "-1\n",
            "7\n",
            "99999999999999999999999999\n",
            "-99999999999999999999\n",
            "0xffffffffffffffff 0x0 0xffffffffffffffff\n",
            "0x0 0xffffffffffffffff 0x200\n",
            "\u0000\u0001\u00ff\u00fe",
            "x".repeat(100_000));
    private static final List<String> TARGETS = List.of(
            "vfio-pci",
            "mlx5_vfio_pci",
            "pci-stub",
            "nvidia",
            "snd_hda_intel",
            "1",
            "15",
            "44",
            "81",
            "-1",
            "999999999999",
            "..");

    private final Path root;
    private final List<Path> devices;
    private final Random random;
    private final Deque<Undo> undo = new ArrayDeque<>();

    private interface Undo {
        void run() throws IOException;
    }

    /**
     * Creates changes for one tree.
     *
     * @param devices the directories of its functions
     */
    TreeMutation(Path root, List<Path> devices, Random random) {
        this.root = root;
        this.devices = devices;
        this.random = random;
    }

    void apply() throws IOException {
        Path device = any(devices);
        switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> {
                Path file = device.resolve(any(FILES));
                if (Files.isDirectory(Objects.requireNonNull(file.getParent()))) {
                    file(file);
                }
            }
            case 4, 5, 6 -> link(device.resolve(any(LINKS)));
            case 7 -> entry(device);
            case 8 -> secondEntry(device);
            default -> secondGroup(device);
        }
    }

    void undoAll() throws IOException {
        while (!undo.isEmpty()) {
            undo.pop().run();
        }
    }

    private void file(Path file) throws IOException {
        free(file);
        switch (random.nextInt(8)) {
            case 0 -> {}
            case 1 -> Files.createDirectory(file);
            case 2 -> Files.createSymbolicLink(file, file.getFileName());
            case 3 -> Files.createSymbolicLink(file, Path.of("nowhere"));
            default -> Files.writeString(file, any(TEXTS), StandardCharsets.ISO_8859_1);
        }
    }

    private void link(Path link) throws IOException {
        free(link);
        switch (random.nextInt(8)) {
            case 0 -> {}
            case 1 -> Files.createDirectory(link);
            case 2 -> Files.createSymbolicLink(link, link.getFileName());
            case 3 -> Files.writeString(link, "vfio-pci\n");
            case 4 -> Files.createSymbolicLink(link, Path.of("/"));
            default -> Files.createSymbolicLink(link, Path.of("../../somewhere").resolve(any(TARGETS)));
        }
    }

    /** Changes the bus's link to a function. */
    private void entry(Path device) throws IOException {
        Path entry = root.resolve("bus/pci/devices").resolve(name(device));
        free(entry);
        switch (random.nextInt(5)) {
            case 0 -> {}
            case 1 -> Files.createSymbolicLink(entry, entry.getFileName());
            case 2 -> Files.createSymbolicLink(entry, Path.of("../../../nowhere"));
            case 3 -> Files.writeString(entry, "a file\n");
            default -> Files.createSymbolicLink(entry, any(devices));
        }
    }

    /** Adds a function a second time: with another spelling of its address, or at another address. */
    private void secondEntry(Path device) throws IOException {
        String name = name(device);
        String other = switch (random.nextInt(4)) {
            case 0 -> name.toUpperCase(Locale.ROOT);
            case 1 -> "0000" + name;
            case 2 -> name.substring(0, name.length() - 1) + "7";
            default -> "not:an:address";
        };
        Path entry = root.resolve("bus/pci/devices").resolve(other);
        if (other.length() > 16 || Files.exists(entry, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        free(entry);
        Files.createSymbolicLink(entry, device);
    }

    /** Adds a function of another group to a group, or removes one of its own. */
    private void secondGroup(Path device) throws IOException {
        Path listed = root.resolve("kernel/iommu_groups")
                .resolve(any(TARGETS))
                .resolve("devices")
                .resolve(name(device));
        if (Files.isDirectory(Objects.requireNonNull(listed.getParent()))) {
            free(listed);
            if (random.nextBoolean()) {
                Files.createSymbolicLink(listed, device);
            }
        }
    }

    /** Removes what exists at a path, and restores it at the end. */
    private void free(Path path) throws IOException {
        @Nullable Path target = Files.isSymbolicLink(path) ? Files.readSymbolicLink(path) : null;
        List<Path> directories = target == null ? directories(path) : List.of();
        byte @Nullable [] text = target == null && Files.isRegularFile(path) ? Files.readAllBytes(path) : null;
        delete(path);
        undo.push(() -> {
            delete(path);
            if (target != null) {
                Files.createSymbolicLink(path, target);
            } else if (text != null) {
                Files.write(path, text);
            }
            for (Path each : directories) {
                Files.createDirectories(each);
            }
        });
    }

    /** Returns a directory and all directories below it; the removed ones have nothing else. */
    private static List<Path> directories(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(path)) {
            return all.filter(Files::isDirectory).toList();
        }
    }

    private static void delete(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> all = Files.walk(path)) {
            for (Path each :
                    new ArrayList<>(all.sorted(Comparator.reverseOrder()).toList())) {
                Files.delete(each);
            }
        }
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private static String name(Path device) {
        return Objects.requireNonNull(device.getFileName()).toString();
    }
}
