package dev.holdfast.host.pci;

import dev.holdfast.pci.PciAddress;
import dev.holdfast.text.Quoted;
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
 * Reads PCI functions and host capabilities from sysfs; does not need root.
 *
 * @param root  where sysfs is mounted, usually {@code /sys}, or a copy of one
 * @param ids   names the functions
 * @param files access to its files
 * @param host  null unless the sysfs belongs to the host of this process, and its device nodes are visible
 */
public record Sysfs(
        Path root, PciIds ids, SysfsFiles files, @Nullable ThisHost host) {

    /** Reads functions without descriptions. */
    public Sysfs(Path root) {
        this(root, PciIds.none());
    }

    public Sysfs(Path root, PciIds ids) {
        this(root, ids, SysfsFiles.DISK, null);
    }

    /** Returns a sysfs that also uses what else is known of the host of this process. */
    public Sysfs of(ThisHost thisHost) {
        return new Sysfs(root, ids, files, thisHost);
    }

    /**
     * Reads all PCI functions. Functions that cannot be read are reported and skipped.
     *
     * @throws IOException with a message for users when this is not a sysfs
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
     * Reads one PCI function, without its description.
     *
     * @throws IOException when it is not on the bus, or cannot be read
     */
    public PciFunction function(PciAddress address) throws IOException {
        Path entry = root.resolve("bus/pci/devices").resolve(address.toString());
        return new FunctionReader(files, entry, address, vfioNodes(), new ArrayList<>()).read();
    }

    /** Returns the capabilities of the host and its kernel for passing devices through. */
    public HostCapabilities capabilities() {
        return new HostCapabilitiesReader(root, files, host).read();
    }

    private VfioNodes vfioNodes() {
        return VfioNodes.of(root, files, host == null ? null : host.dev());
    }

    /** Returns the width in bits of addresses that the IOMMU of a PCI function translates; empty when unknown. */
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
        // Another spelling of an address would be a second function with the same address.
        PciAddress address = PciAddress.canonical(name).orElse(null);
        if (address == null) {
            problems.add("skipped PCI function " + Quoted.plain(name, 40)
                    + ", since its address must be like 0000:03:00.0 (lower case, at least four digits first)");
            return;
        }
        try {
            functions.add(new FunctionReader(files, entry, address, vfioNodes, problems).read());
        } catch (IOException | IllegalArgumentException e) {
            if (gone(entry)) {
                problems.add("skipped PCI function " + name + ", since it left the bus while it was read");
            } else {
                problems.add("skipped PCI function " + name + ", since " + reason(e));
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

    /** Determined by the link of the function, otherwise by the links of the groups. */
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
            // Then the group is unknown.
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
