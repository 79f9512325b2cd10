package dev.holdfast.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.CaseCount;
import dev.holdfast.Slow;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.PciScan;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.testbed.fixtures.AgentObjects;
import dev.holdfast.testbed.fixtures.Hosts;
import dev.holdfast.testbed.fixtures.NodeReadinesses;
import dev.holdfast.testbed.fixtures.SysfsTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Trees that no kernel would make, fifteen thousand of them by {@code make fuzz}: no exception is thrown, and every offered group may be offered according
 * to the tree, which is read here again by other and simpler code.
 */
@Slow
class MutatedTreesTest {
    static final List<String> NAMES = SysfsTree.NAMES;

    private static final int TREES_EACH = CaseCount.of(250, 1000);
    private static final Set<String> HARMLESS = Set.of("vfio-pci", "mlx5_vfio_pci", "pci-stub");
    private static final Set<String> NOTHING_TO_OFFER =
            Set.of("consumer-gpu", "shared-group", "boot-framebuffer", "no-iommu", "nvme-beside-gpu", "no-iommu-mode");
    private static final List<DeviceClass> CLASSES = List.of(
            AgentObjects.deviceClass(
                    "by-vendor",
                    Stream.of("10de", "1002", "8086", "1022", "1000", "15b3", "1da3", "1def", "1a03", "ffff")
                            .map(vendor -> new Selector(vendor, null, null, null, null, null))
                            .toList()),
            AgentObjects.deviceClass("by-class", List.of(new Selector(null, null, null, null, "0300", null))));

    @TempDir(factory = InMemory.class)
    Path root;

    /** Creates the trees in memory, which is faster than on disk. */
    static final class InMemory implements TempDirFactory {
        private static final Path SHARED_MEMORY = Path.of("/dev/shm");

        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context) throws IOException {
            return Files.isWritable(SHARED_MEMORY)
                    ? Files.createTempDirectory(SHARED_MEMORY, "trees")
                    : Files.createTempDirectory("trees");
        }
    }

    @ParameterizedTest
    @FieldSource("NAMES")
    void neverOffersWhatTheHostUses(String name) throws IOException {
        SysfsTree.make(name, root);
        List<Path> devices = devices();
        int offered = 0;
        int troubled = 0;
        for (int seed = 0; seed < TREES_EACH; seed++) {
            Random random = new Random(name.hashCode() * 31L + seed);
            TreeMutation mutation = new TreeMutation(root, devices, random);
            for (int i = random.nextInt(4); i >= 0; i--) {
                mutation.apply();
            }
            PciScan scan = new Sysfs(root).scan();
            Inventory inventory = Inventory.of(Hosts.ready(scan), CLASSES, Map.of(), Inventory.EMPTY);
            offered += check(inventory, name + ", seed " + seed);
            troubled += scan.problems().isEmpty() ? 0 : 1;
            mutation.undoAll();
        }
        assertThat(troubled).as("trees with a problem").isGreaterThan(TREES_EACH / 5);
        assertThat(offered).as("groups offered").isGreaterThan(NOTHING_TO_OFFER.contains(name) ? -1 : TREES_EACH / 2);
        assertThat(new Sysfs(root).scan().functions()).as("all changes undone").isNotEmpty();
    }

    /** Returns the number of groups that would be offered. */
    private int check(Inventory inventory, String where) throws IOException {
        List<PciAddress> members = inventory.groups().values().stream()
                .flatMap(group -> group.members().stream())
                .map(PciFunction::address)
                .toList();
        assertThat(members).as(where).doesNotHaveDuplicates();
        int offered = 0;
        for (DeviceGroup group : inventory.groups().values()) {
            assertThat(inventory.functions(group.id()).isPresent()).as(where).isEqualTo(group.viable());
            if (group.deviceClass() != null && group.viable()) {
                offered++;
                checkOffered(group, where + ", group of " + group.id());
            }
        }
        List<Device> reported = Objects.requireNonNullElse(
                AgentObjects.report(NodeReadinesses.ready(), inventory, Set.of(), List.of())
                        .status(null, Instant.EPOCH)
                        .devices(),
                List.of());
        assertThat(reported)
                .as(where)
                .allMatch(device ->
                        (device.state() == DeviceState.Free) == (device.viable() && device.message() == null));
        return offered;
    }

    private void checkOffered(DeviceGroup group, String where) throws IOException {
        String number = Objects.toString(group.iommuGroup());
        assertThat(group.passed()).as(where).isNotEmpty();
        for (PciFunction passed : group.passed()) {
            Path entry = entry(passed.address().toString());
            String driver = linkName(entry.resolve("driver"));
            assertThat(driver != null && driver.endsWith("vfio-pci")
                            || "mlx5_vfio_pci".equals(driver)
                            || Files.isDirectory(entry.resolve("vfio-dev")))
                    .as(where)
                    .isTrue();
            assertThat(text(entry.resolve("nvidia/current_vgpu_type")).strip())
                    .as(where)
                    .isNotEqualTo("0");
            assertThat(text(root.resolve("kernel/iommu_groups/" + number + "/name")))
                    .as(where)
                    .isEmpty();
            assertThat(linkName(entry.resolve("iommu_group"))).as(where).isEqualTo(number);
            assertThat(bridge(entry)).as(where).isFalse();
            assertThat(text(entry.resolve("class"))).as(where).doesNotContainPattern("^0x06(?!80)");
        }
        for (Path entry : entries()) {
            if (number.equals(linkName(entry.resolve("iommu_group"))) && !bridge(entry)) {
                assertThat(usedByHost(entry)).as(where + ", " + entry).isFalse();
            }
        }
    }

    private static boolean usedByHost(Path entry) throws IOException {
        Path driver = entry.resolve("driver");
        return !Files.exists(entry.resolve("vfio-dev"), LinkOption.NOFOLLOW_LINKS)
                && Files.exists(driver, LinkOption.NOFOLLOW_LINKS)
                && !HARMLESS.contains(Objects.toString(linkName(driver)));
    }

    private static boolean bridge(Path entry) throws IOException {
        return Files.exists(entry.resolve("secondary_bus_number"), LinkOption.NOFOLLOW_LINKS)
                || text(entry.resolve("class")).matches("(?s)0x060[479].*");
    }

    private static @Nullable String linkName(Path link) throws IOException {
        return Files.isSymbolicLink(link)
                ? String.valueOf(Files.readSymbolicLink(link).getFileName())
                : null;
    }

    private static String text(Path file) throws IOException {
        return Files.isRegularFile(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
    }

    private Path entry(String address) {
        return root.resolve("bus/pci/devices").resolve(address);
    }

    /** Returns entries whose name is an address in the kernel's spelling. */
    private List<Path> entries() throws IOException {
        try (Stream<Path> all = Files.list(root.resolve("bus/pci/devices"))) {
            return all.filter(entry -> String.valueOf(entry.getFileName())
                            .matches("[0-9a-f]{4,5}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]"))
                    .toList();
        }
    }

    private List<Path> devices() throws IOException {
        List<Path> devices = new ArrayList<>();
        for (Path entry : entries()) {
            devices.add(entry.toRealPath());
        }
        return devices.stream().sorted().toList();
    }
}
