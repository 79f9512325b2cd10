package dev.holdfast.host;

import dev.holdfast.host.pci.Sysfs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A tree that looks like sysfs, for tests: the files and links that {@link Sysfs} reads, in the places where the kernel
 * has them.
 */
public final class FakeSysfs {
    private final Path root;

    public FakeSysfs(Path root) {
        this.root = root;
        directory(root.resolve("bus/pci/devices"));
    }

    public Path root() {
        return root;
    }

    /** Modules vfio and vfio-pci are loaded. */
    public FakeSysfs vfio() {
        directory(root.resolve("bus/pci/drivers/vfio-pci"));
        directory(root.resolve("class/misc/vfio"));
        return this;
    }

    /** Module kvm is loaded and found the processor's extensions. */
    public FakeSysfs kvm() {
        directory(root.resolve("class/misc/kvm"));
        return this;
    }

    /** A function without driver, IOMMU group and NUMA node, to be refined. */
    public Function function(String address, String ids, String classCode) {
        Path device = root.resolve("devices/pci0000:00").resolve(address);
        directory(device);
        link(root.resolve("bus/pci/devices").resolve(address), device);
        write(device.resolve("vendor"), "0x" + ids.substring(0, 4) + "\n");
        write(device.resolve("device"), "0x" + ids.substring(5) + "\n");
        write(device.resolve("class"), "0x" + classCode + "\n");
        write(device.resolve("numa_node"), "-1\n");
        return new Function(device);
    }

    /** Pulls a function from the bus. */
    public void remove(String address) {
        delete(root.resolve("bus/pci/devices").resolve(address));
        delete(root.resolve("devices/pci0000:00").resolve(address));
    }

    /** One function of the tree; every call changes the files and returns this. */
    public final class Function {
        private final Path device;

        private Function(Path device) {
            this.device = device;
        }

        public Function subsystem(String vendor, String id) {
            write(device.resolve("subsystem_vendor"), "0x" + vendor + "\n");
            write(device.resolve("subsystem_device"), "0x" + id + "\n");
            return this;
        }

        /** Binds it; null leaves it without a driver. */
        public Function driver(@Nullable String name) {
            delete(device.resolve("driver"));
            if (name != null) {
                Path driver = root.resolve("bus/pci/drivers").resolve(name);
                directory(driver);
                link(device.resolve("driver"), driver);
            }
            return this;
        }

        public Function group(int number) {
            Path group = root.resolve("kernel/iommu_groups").resolve(Integer.toString(number));
            directory(group);
            link(device.resolve("iommu_group"), group);
            directory(group.resolve("devices"));
            link(group.resolve("devices").resolve(String.valueOf(device.getFileName())), device);
            return this;
        }

        /** VFIO has it, as Linux 6.1 and later show that. */
        public Function registered() {
            directory(device.resolve("vfio-dev/vfio0"));
            directory(root.resolve("class/vfio-dev/vfio0"));
            return this;
        }

        public Function numa(int node) {
            write(device.resolve("numa_node"), node + "\n");
            return this;
        }

        /** A configuration header of this type: the kernel gives a file of their own to those of a bridge. */
        public Function header(int type) {
            if ((type & 0x7f) != 0) {
                write(device.resolve("secondary_bus_number"), "1\n");
            }
            return this;
        }

        /** Configuration space of a function that is well. */
        public Function answering() {
            return config((byte) 0);
        }

        /** As a function reads that has fallen off its bus. */
        public Function silent() {
            return config((byte) 0xff);
        }

        private Function config(byte every) {
            byte[] config = new byte[64];
            Arrays.fill(config, every);
            try {
                Files.write(device.resolve("config"), config);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return this;
        }

        /** Puts other text into one of its files. */
        public Function file(String name, String text) {
            write(device.resolve(name), text);
            return this;
        }

        public Function without(String name) {
            delete(device.resolve(name));
            return this;
        }
    }

    private static void directory(Path path) {
        try {
            Files.createDirectories(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void link(Path link, Path target) {
        try {
            Files.deleteIfExists(link);
            Files.createSymbolicLink(link, target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path path) {
        if (!Files.isDirectory(path) || Files.isSymbolicLink(path)) {
            deleteOne(path);
            return;
        }
        try (Stream<Path> all = Files.walk(path)) {
            all.sorted(Comparator.reverseOrder()).forEach(FakeSysfs::deleteOne);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void deleteOne(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
