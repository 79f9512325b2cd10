package dev.holdfast.host.pci;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads the kernel's view of PCI; nothing here needs root.
 *
 * @param root  where sysfs is mounted, usually {@code /sys}, or a copy of one
 * @param ids   names the functions
 * @param files how it is read
 * @param host  null unless the sysfs is that of the host that this runs on, and its device nodes are seen
 */
public record Sysfs(
        Path root, PciIds ids, SysfsFiles files, @Nullable ThisHost host) {

    /** With functions that have no description. */
    public Sysfs(Path root) {
        this(root, PciIds.none());
    }

    public Sysfs(Path root, PciIds ids) {
        this(root, ids, SysfsFiles.DISK, null);
    }

    /** With what is known beside of the host that this runs on. */
    public Sysfs of(ThisHost thisHost) {
        return new Sysfs(root, ids, files, thisHost);
    }

    /**
     * Looks at every PCI function. One that cannot be read is told and left out; the rest goes on.
     *
     * @throws IOException with a sentence for a person when this is no sysfs at all
     */
    public PciScan scan() throws IOException {
        Path devices = root.resolve("bus/pci/devices");
        List<PciFunction> functions = new ArrayList<>();
        List<PciScan.Unread> unread = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        VfioNodes vfioNodes = vfioNodes();
        try {
            for (String name : new TreeSet<>(files.names(devices))) {
                read(devices.resolve(name), name, vfioNodes, functions, unread, problems);
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            throw new IOException(
                    "found no directory " + devices + ", where sysfs lists PCI functions;"
                            + " give the path at which sysfs is mounted, usually /sys",
                    e);
        }
        functions.sort(Comparator.comparing(PciFunction::address));
        return new PciScan(ids.describe(functions), unread, problems);
    }

    /**
     * Looks at one PCI function, without its description.
     *
     * @throws IOException when it is not there, or cannot be read
     */
    public PciFunction function(PciAddress address) throws IOException {
        Path entry = root.resolve("bus/pci/devices").resolve(address.toString());
        return new FunctionReader(files, entry, address, vfioNodes(), new ArrayList<>()).read();
    }

    /** What the machine and its kernel have for passing devices through. */
    public HostCapabilities machine() {
        return new HostCapabilitiesReader(root, files, host).read();
    }

    private VfioNodes vfioNodes() {
        return VfioNodes.of(root, files, host == null ? null : host.dev());
    }

    /** Width of the addresses that the IOMMU of a PCI function translates; empty when it does not show it. */
    public OptionalInt iommuAddressBits(PciAddress address) {
        return IommuWidth.of(
                files,
                root.resolve("bus/pci/devices").resolve(address.toString()).resolve("iommu"));
    }

    private void read(
            Path entry,
            String name,
            VfioNodes vfioNodes,
            List<PciFunction> functions,
            List<PciScan.Unread> unread,
            List<String> problems) {
        PciAddress address = PciAddress.isAddress(name) ? PciAddress.parse(name) : null;
        // Another spelling of an address would be a second function at the same place.
        if (address == null || !address.toString().equals(name)) {
            problems.add("left out PCI function " + Excerpt.of(name)
                    + ", since the kernel writes addresses like 0000:03:00.0 (lower case, at least four digits first)");
            return;
        }
        try {
            functions.add(new FunctionReader(files, entry, address, vfioNodes, problems).read());
        } catch (IOException | IllegalArgumentException e) {
            if (gone(entry)) {
                problems.add("left out PCI function " + name + ", since it left the bus while it was read");
            } else {
                problems.add("left out PCI function " + name + ", since " + reason(e));
                unread.add(new PciScan.Unread(address, groupOf(entry, address, vfioNodes)));
            }
        }
    }

    private static String reason(Exception e) {
        return e instanceof NoSuchFileException missing
                ? "it has no file " + Path.of(missing.getFile()).getFileName()
                : "it cannot be read: " + e.getMessage();
    }

    private boolean gone(Path entry) {
        try {
            files.names(entry);
            return false;
        } catch (NoSuchFileException e) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** By its own word, else by that of the groups: both directions are links in sysfs. */
    private @Nullable Integer groupOf(Path entry, PciAddress address, VfioNodes vfioNodes) {
        try {
            return new FunctionReader(files, entry, address, vfioNodes, new ArrayList<>()).group();
        } catch (IOException e) {
            return groupThatLists(address.toString());
        }
    }

    private @Nullable Integer groupThatLists(String name) {
        Path groups = root.resolve("kernel/iommu_groups");
        try {
            for (String group : files.names(groups)) {
                if (group.matches("[0-9]{1,9}") && listed(groups.resolve(group).resolve("devices"), name)) {
                    return Integer.valueOf(group);
                }
            }
        } catch (IOException e) {
            // Then nothing tells.
        }
        return null;
    }

    private boolean listed(Path devices, String name) {
        try {
            return files.names(devices).contains(name);
        } catch (IOException e) {
            return false;
        }
    }
}
