package dev.holdfast.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads the kernel's view of PCI and VFIO; nothing here needs root.
 *
 * @param root where sysfs is mounted, usually {@code /sys}
 */
public record Sysfs(Path root) {
    /** Byte of the configuration space with the header type; bit 7 says multifunction. */
    private static final int HEADER_TYPE = 0x0e;

    /** PCI-to-PCI, CardBus and semi-transparent bridges: those with a header of their own type. */
    private static final List<String> BRIDGE_CLASSES = List.of("0604", "0607", "0609");

    /**
     * Looks at every PCI function. One that cannot be read is reported and left out; the rest goes on.
     *
     * @throws IOException with a sentence for a person when this is no sysfs at all
     */
    public PciScan scan() throws IOException {
        Path devices = root.resolve("bus/pci/devices");
        List<PciFunction> functions = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(devices)) {
            for (Path entry : entries) {
                read(entry, functions, problems);
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            throw new IOException(
                    "found no directory " + devices + ", where sysfs lists PCI functions;"
                            + " give the path at which sysfs is mounted, usually /sys",
                    e);
        }
        functions.sort(Comparator.comparing(PciFunction::address));
        return new PciScan(functions, problems);
    }

    /** Whether an IOMMU is on: the kernel has made at least one group. */
    public boolean hasIommuGroups() {
        return hasEntries(root.resolve("kernel/iommu_groups"));
    }

    /** Whether the driver vfio-pci and the character device /dev/vfio/vfio are there. */
    public boolean hasVfio() {
        return Files.isDirectory(root.resolve("bus/pci/drivers/vfio-pci"))
                && Files.exists(root.resolve("class/misc/vfio"));
    }

    /**
     * Whether the kernel serves /dev/kvm. Asked here and not at the device node, which a container without the node's
     * /dev does not see; kvm registers this device only after its processor module found the extensions on.
     */
    public boolean hasKvm() {
        return Files.exists(root.resolve("class/misc/kvm"));
    }

    private static void read(Path entry, List<PciFunction> functions, List<String> problems) {
        String name = String.valueOf(entry.getFileName());
        try {
            functions.add(function(entry, PciAddress.parse(name)));
        } catch (NoSuchFileException e) {
            problems.add("left out PCI function " + name + ", since it has no file " + e.getFile());
        } catch (IOException | IllegalArgumentException e) {
            problems.add("left out PCI function " + name + ", since it cannot be read: " + e.getMessage());
        }
    }

    private static PciFunction function(Path entry, PciAddress address) throws IOException {
        String classCode = hex(entry.resolve("class"), 6);
        return new PciFunction(
                address,
                hex(entry.resolve("vendor"), 4),
                hex(entry.resolve("device"), 4),
                hexIfThere(entry.resolve("subsystem_vendor")),
                hexIfThere(entry.resolve("subsystem_device")),
                classCode,
                classCode.startsWith("06") && bridge(entry.resolve("config"), classCode),
                linkName(entry.resolve("driver")),
                group(entry),
                numaNode(entry.resolve("numa_node")));
    }

    /** The header decides, as in the kernel (vfio_dev_driver_allowed); the class where a copy of sysfs has no config. */
    private static boolean bridge(Path config, String classCode) throws IOException {
        try (InputStream in = Files.newInputStream(config)) {
            byte[] header = in.readNBytes(HEADER_TYPE + 1);
            if (header.length > HEADER_TYPE) {
                return (header[HEADER_TYPE] & 0x7f) != 0;
            }
        } catch (NoSuchFileException e) {
            // Decided by the class below.
        }
        return BRIDGE_CLASSES.contains(classCode.substring(0, 4));
    }

    private static @Nullable Integer group(Path entry) throws IOException {
        String number = linkName(entry.resolve("iommu_group"));
        return number == null ? null : Integer.valueOf(number);
    }

    private static @Nullable Integer numaNode(Path file) throws IOException {
        String text = textIfThere(file);
        int node = text == null ? -1 : Integer.parseInt(text);
        return node < 0 ? null : node;
    }

    private static @Nullable String linkName(Path link) throws IOException {
        try {
            return String.valueOf(Files.readSymbolicLink(link).getFileName());
        } catch (NoSuchFileException e) {
            return null;
        } catch (NotLinkException e) {
            throw new IOException("found " + link + " to be no symbolic link, as sysfs has it there", e);
        }
    }

    private static String hexIfThere(Path file) throws IOException {
        try {
            return hex(file, 4);
        } catch (NoSuchFileException e) {
            return "0000";
        }
    }

    private static String hex(Path file, int digits) throws IOException {
        String text = text(file).toLowerCase(Locale.ROOT);
        if (text.length() != digits + 2 || !text.startsWith("0x") || !isHex(text, 2)) {
            throw new IOException("found \"" + text + "\" in " + file + ", where 0x and " + digits
                    + " hexadecimal digits are expected");
        }
        return text.substring(2);
    }

    private static boolean isHex(String text, int from) {
        return text.chars().skip(from).allMatch(c -> Character.digit(c, 16) >= 0);
    }

    private static @Nullable String textIfThere(Path file) throws IOException {
        try {
            return text(file);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.US_ASCII).strip();
    }

    private static boolean hasEntries(Path directory) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            return entries.iterator().hasNext();
        } catch (IOException e) {
            return false;
        }
    }
}
