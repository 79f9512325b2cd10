package dev.holdfast.host.usage;

import dev.holdfast.pci.PciAddress;
import dev.holdfast.text.Quoted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds uses of a PCI function by this host, as far as the kernel shows them without opening anything. File systems that
 * open a disk from within the kernel and name no disk in mountinfo, such as ZFS, are not found.
 *
 * @param sysfs  where sysfs of the node is mounted, since only that shows the node's network interfaces
 * @param procfs where the node's procfs is mounted
 */
public record PciUsers(Path sysfs, Path procfs) {
    private static final Pattern BLANK = Pattern.compile(" ");
    private static final int IFF_UP = 1;

    /**
     * Returns the uses of a function, worst first; empty for a function that is not used.
     *
     * @throws IOException when the function is not on the bus
     */
    public List<PciUse> uses(PciAddress address) throws IOException {
        Path device = sysfs.resolve("bus/pci/devices").resolve(address.toString());
        PciDeviceChildren tree = PciDeviceChildren.below(sysfs, address);
        List<PciUse> uses = new ArrayList<>();
        tree.disks().forEach(disk -> disk(disk, uses));
        tree.networks().stream()
                .filter(PciUsers::up)
                .forEach(network -> uses.add(new PciUse.Network(String.valueOf(network.getFileName()))));
        if (tree.emptyNetwork()) {
            uses.add(new PciUse.NetworkElsewhere());
        }
        tree.inputs().forEach(input -> uses.add(new PciUse.Input(name(input))));
        PciDeviceChildren.text(device.resolve("sriov_numvfs"))
                .map(Integer::parseInt)
                .filter(enabled -> enabled > 0)
                .ifPresent(enabled -> uses.add(new PciUse.VirtualFunctions(enabled)));
        tree.connectors().stream()
                .filter(connector -> PciDeviceChildren.text(connector.resolve("enabled"))
                        .filter("enabled"::equals)
                        .isPresent())
                .forEach(connector -> uses.add(new PciUse.Display(String.valueOf(connector.getFileName()))));
        console(device, tree).ifPresent(framebuffer -> uses.add(new PciUse.Console(framebuffer)));
        return uses;
    }

    /**
     * Returns the device nodes of a function that a process could have open.
     *
     * @throws IOException when the function is not on the bus
     */
    public List<DeviceNode> nodes(PciAddress address) throws IOException {
        return PciDeviceChildren.below(sysfs, address).nodes();
    }

    /**
     * Returns the nodes that a virtual machine monitor opens to use a function on vfio-pci: that of its group or, with
     * iommufd, its own. Empty when there are none.
     */
    public List<DeviceNode> vfioNodes(PciAddress address) {
        Path device = sysfs.resolve("bus/pci/devices").resolve(address.toString());
        return Stream.concat(
                        vfioGroup(device).stream(),
                        PciDeviceChildren.entries(device.resolve("vfio-dev")).stream()
                                .flatMap(node -> PciDeviceChildren.node(node).stream()))
                .toList();
    }

    private Optional<DeviceNode> vfioGroup(Path device) {
        try {
            Path group = Files.readSymbolicLink(device.resolve("iommu_group")).getFileName();
            return PciDeviceChildren.node(sysfs.resolve("class/vfio").resolve(group))
                    .map(node -> new DeviceNode("vfio/" + group, node.block(), node.major(), node.minor()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private void disk(Path disk, List<PciUse> uses) {
        String name = String.valueOf(disk.getFileName());
        PciDeviceChildren.node(disk)
                .flatMap(node -> mounted(node, name))
                .ifPresent(where -> uses.add(new PciUse.Mounted(name, where)));
        if (lines("swaps").map(line -> BLANK.split(line, 2)[0]).anyMatch(("/dev/" + name)::equals)) {
            uses.add(new PciUse.Swap(name));
        }
        PciDeviceChildren.entries(disk.resolve("holders"))
                .forEach(holder -> uses.add(new PciUse.Stacked(name, String.valueOf(holder.getFileName()))));
    }

    /**
     * Returns the mount point, found by device number, or by name, since btrfs shows a number of its own
     * (proc_pid_mountinfo(5): the number is the third field, the mount point the fifth, the source the second after the
     * dash).
     */
    private Optional<String> mounted(DeviceNode node, String name) {
        return lines("1/mountinfo")
                .map(line -> BLANK.split(line))
                .filter(fields -> fields.length > 4)
                .filter(fields ->
                        fields[2].equals(node.number()) || source(fields).equals("/dev/" + name))
                .map(fields -> fields[4].replace("\\040", " "))
                .findFirst();
    }

    private static String source(String[] fields) {
        int dash = List.of(fields).indexOf("-");
        return dash >= 0 && dash + 2 < fields.length ? fields[dash + 2] : "";
    }

    private Stream<String> lines(String file) {
        return PciDeviceChildren.text(procfs.resolve(file)).stream().flatMap(String::lines);
    }

    /** Returns the quoted name, since a USB device may report any name. */
    private static String name(Path input) {
        return Quoted.plain(
                PciDeviceChildren.text(input.resolve("name")).orElse(String.valueOf(input.getFileName())), 40);
    }

    private static boolean up(Path network) {
        return PciDeviceChildren.text(network.resolve("flags"))
                .map(flags -> Integer.decode(flags) & IFF_UP)
                .filter(up -> up != 0)
                .isPresent();
    }

    /**
     * Returns the framebuffer of the console. The text console is bound to framebuffers in general. The kernel does not show
     * which one it uses, so each framebuffer of the function counts; for the boot VGA device also a framebuffer of the
     * firmware (efifb, simplefb), which belongs to no PCI function.
     */
    private Optional<String> console(Path device, PciDeviceChildren tree) {
        boolean drawn = PciDeviceChildren.entries(sysfs.resolve("class/vtconsole")).stream()
                .anyMatch(console -> PciDeviceChildren.text(console.resolve("name"))
                                .filter(name -> name.contains("frame buffer"))
                                .isPresent()
                        && PciDeviceChildren.text(console.resolve("bind"))
                                .filter("1"::equals)
                                .isPresent());
        if (!drawn) {
            return Optional.empty();
        }
        if (!tree.framebuffers().isEmpty()) {
            return Optional.of(String.valueOf(tree.framebuffers().getFirst().getFileName()));
        }
        boolean first = PciDeviceChildren.text(device.resolve("boot_vga"))
                .filter("1"::equals)
                .isPresent();
        return first
                ? PciDeviceChildren.entries(sysfs.resolve("class/graphics")).stream()
                        .filter(entry -> entry.getFileName().toString().matches("fb\\d+"))
                        .filter(entry -> !ofPci(entry))
                        .map(entry -> entry.getFileName().toString())
                        .findFirst()
                : Optional.empty();
    }

    private static boolean ofPci(Path framebuffer) {
        try {
            return PciAddress.isAddress(
                    String.valueOf(framebuffer.resolve("device").toRealPath().getFileName()));
        } catch (IOException e) {
            return false;
        }
    }
}
