package dev.holdfast.host.pci;

import dev.holdfast.pci.PciAddress;
import dev.holdfast.text.Quoted;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Reads one PCI function. Its IDs, driver and IOMMU group must be readable. Other facts may be missing; an invalid one is
 * left out and reported as a problem.
 *
 * <p>None of the files read here makes the kernel access the hardware: reading {@code config} would wake a sleeping GPU each
 * time.
 */
final class FunctionReader {
    /** PCI-to-PCI, CardBus and semi-transparent bridges: the bridges with a configuration header of type 1 or 2. */
    private static final List<String> BRIDGE_CLASSES = List.of("0604", "0607", "0609");

    private static final Pattern HOST_BRIDGE = Pattern.compile("(?:^|/)(pci[0-9a-f]{4,8}:[0-9a-f]{2})/");
    private static final Pattern GROUP = Pattern.compile("[0-9]{1,9}");
    private static final Pattern NUMBER = Pattern.compile("-?[0-9]{1,9}");
    /** Name of groups made by vfio_noiommu_group_alloc. */
    static final String NO_IOMMU = "vfio-noiommu";

    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final int MOST_METHODS = 16;
    private static final int LONGEST_METHOD = 32;

    private final SysfsFiles files;
    private final Path entry;
    private final PciAddress address;
    private final VfioNodes vfioNodes;
    private final List<String> problems;
    private final Set<String> names;

    /**
     * Creates a reader for a function that is on the bus.
     *
     * @param entry     its directory, or the link to it
     * @param vfioNodes of the same sysfs
     * @param problems  receives a message for each fact that is left out
     * @throws NoSuchFileException when the function has left the bus
     */
    FunctionReader(SysfsFiles files, Path entry, PciAddress address, VfioNodes vfioNodes, List<String> problems)
            throws IOException {
        this.files = files;
        this.entry = entry;
        this.address = address;
        this.vfioNodes = vfioNodes;
        this.problems = problems;
        this.names = files.names(entry);
    }

    /**
     * Reads the function.
     *
     * @throws IOException with a message for users, or of the file that cannot be read
     */
    PciFunction read() throws IOException {
        String classCode = hex("class", 6);
        String driver = names.contains("driver") ? linkName("driver") : null;
        Integer group = names.contains("iommu_group") ? group() : null;
        VfioState vfio = vfio(driver, group);
        Path link = link();
        return new PciFunction(
                address,
                hex("vendor", 4),
                hex("device", 4),
                names.contains("subsystem_vendor") ? hex("subsystem_vendor", 4) : "0000",
                names.contains("subsystem_device") ? hex("subsystem_device", 4) : "0000",
                classCode,
                bridge(classCode),
                driver,
                vfio,
                vgpuType(),
                vfio == VfioState.NO_IOMMU ? null : group,
                numaNode(),
                pcieRoot(link),
                upstream(link),
                bars(),
                resetMethods(),
                names.contains("boot_vga") && text("boot_vga").equals("1"),
                sriov(),
                null);
    }

    /**
     * Returns whether the function is a bridge. The kernel creates this file for every function with a bridge's header,
     * whatever its class code (since Linux 4.15).
     */
    private boolean bridge(String classCode) {
        return names.contains("secondary_bus_number") || BRIDGE_CLASSES.contains(classCode.substring(0, 4));
    }

    /** Returns the number of its IOMMU group. */
    int group() throws IOException {
        String number = linkName("iommu_group");
        if (!GROUP.matcher(number).matches()) {
            throw new IOException("found its link iommu_group pointing to " + Quoted.of(number, 40)
                    + ", where the number of a group is required");
        }
        return Integer.parseInt(number);
    }

    private @Nullable Integer numaNode() throws IOException {
        if (!names.contains("numa_node")) {
            return null;
        }
        String text = text("numa_node");
        if (!NUMBER.matcher(text).matches()) {
            leaveOut("NUMA node", unexpected("numa_node", text, "a number"));
            return null;
        }
        int node = Integer.parseInt(text);
        return node < 0 ? null : node;
    }

    /** Returns its path in the device tree; empty in a copy of sysfs without links. */
    private Path link() throws IOException {
        try {
            return files.link(entry);
        } catch (NotLinkException e) {
            return Path.of("");
        }
    }

    /**
     * Returns the first element below /sys/devices, which is the value of Kubernetes' attribute
     * resource.kubernetes.io/pcieRoot.
     */
    private static @Nullable String pcieRoot(Path link) {
        Matcher path = HOST_BRIDGE.matcher(link.toString());
        return path.find() ? path.group(1) : null;
    }

    private static List<PciAddress> upstream(Path link) {
        Path parent = link.getParent();
        return parent == null
                ? List.of()
                : StreamSupport.stream(parent.spliterator(), false)
                        .map(Path::toString)
                        .flatMap(name -> PciAddress.of(name).stream())
                        .toList();
    }

    /**
     * Determined by what VFIO shows for the function itself; before Linux 6.1, which shows nothing there, by the driver. A
     * function on a VFIO driver whose group has no device node has a state of its own, since QEMU opens that node.
     */
    private VfioState vfio(@Nullable String driver, @Nullable Integer group) throws IOException {
        boolean shown = names.contains("vfio-dev") && directory("vfio-dev");
        if (group == null || !shown && !VfioDrivers.isKnown(driver)) {
            return VfioState.NONE;
        }
        if (noIommu()) {
            return VfioState.NO_IOMMU;
        }
        return vfioNodes.has(group) && (shown || !vfioNodes.perDevice()) ? VfioState.REGISTERED : VfioState.NO_NODE;
    }

    private boolean directory(String name) throws IOException {
        try {
            files.names(entry.resolve(name));
            return true;
        } catch (NoSuchFileException | NotDirectoryException e) {
            return false;
        }
    }

    private boolean noIommu() throws IOException {
        try {
            return files.text(entry.resolve("iommu_group/name")).contains(NO_IOMMU);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Returns the vGPU type; only vGPUs of NVIDIA's driver have this directory. */
    private @Nullable Integer vgpuType() throws IOException {
        if (!names.contains("nvidia")) {
            return null;
        }
        String text;
        try {
            text = files.text(entry.resolve("nvidia/current_vgpu_type")).strip();
        } catch (NoSuchFileException e) {
            return null;
        }
        if (!NUMBER.matcher(text).matches() || text.startsWith("-")) {
            leaveOut("vGPU type", unexpected("nvidia/current_vgpu_type", text, "a number"));
            return 0;
        }
        return Integer.parseInt(text);
    }

    private List<Bar> bars() throws IOException {
        if (!names.contains("resource")) {
            return List.of();
        }
        try {
            return Bars.parse(files.text(entry.resolve("resource")));
        } catch (IllegalArgumentException e) {
            leaveOut("BARs", String.valueOf(e.getMessage()));
            return List.of();
        }
    }

    private List<String> resetMethods() throws IOException {
        String text = names.contains("reset_method") ? text("reset_method") : "";
        List<String> methods =
                text.isEmpty() ? List.of() : BLANKS.splitAsStream(text).toList();
        if (methods.size() > MOST_METHODS || methods.stream().anyMatch(FunctionReader::isInvalid)) {
            leaveOut("reset methods", unexpected("reset_method", text, "names such as flr and bus"));
            return List.of();
        }
        return methods;
    }

    private static boolean isInvalid(String method) {
        return method.length() > LONGEST_METHOD || !method.chars().allMatch(c -> c == '_' || c >= 'a' && c <= 'z');
    }

    private @Nullable Sriov sriov() throws IOException {
        if (names.contains("physfn")) {
            return new Sriov.Virtual(PciAddress.parse(linkName("physfn")));
        }
        return names.contains("sriov_numvfs")
                ? new Sriov.Physical(
                        count("sriov_numvfs"), names.contains("sriov_totalvfs") ? count("sriov_totalvfs") : 0)
                : null;
    }

    private int count(String name) throws IOException {
        String text = text(name);
        if (!NUMBER.matcher(text).matches() || text.startsWith("-")) {
            throw new IOException(unexpected(name, text, "a number"));
        }
        return Integer.parseInt(text);
    }

    private String linkName(String name) throws IOException {
        try {
            return String.valueOf(files.link(entry.resolve(name)).getFileName());
        } catch (NotLinkException e) {
            throw new IOException("found its " + name + ", which must be a symbolic link", e);
        }
    }

    private String hex(String name, int digits) throws IOException {
        String text = text(name).toLowerCase(Locale.ROOT);
        if (text.length() != digits + 2 || !text.startsWith("0x") || !isHex(text.substring(2))) {
            throw new IOException(unexpected(name, text, "0x and " + digits + " hexadecimal digits"));
        }
        return text.substring(2);
    }

    private static boolean isHex(String text) {
        return text.chars().allMatch(c -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f');
    }

    private String text(String name) throws IOException {
        return files.text(entry.resolve(name)).strip();
    }

    private void leaveOut(String facts, String cause) {
        problems.add("skipped the " + facts + " of PCI function " + address + ": " + cause);
    }

    private static String unexpected(String file, String found, String expected) {
        return "found " + Quoted.of(found, 40) + " in its file " + file + ", where " + expected
                + (expected.endsWith("s") ? " are" : " is") + " required";
    }
}
