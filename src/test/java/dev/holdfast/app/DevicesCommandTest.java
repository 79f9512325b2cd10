package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.Golden;
import dev.holdfast.cli.DevicesReport;
import dev.holdfast.cli.DevicesTable;
import dev.holdfast.host.pci.PciIds;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.host.usage.PciUsers;
import dev.holdfast.inventory.HostUse;
import dev.holdfast.inventory.KvmDeviceNode;
import dev.holdfast.testbed.fixtures.FakeSysfs;
import dev.holdfast.testbed.fixtures.SysfsTree;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Golden tables are in src/test/resources/devices; {@code -Dholdfast.golden=write} rewrites them. */
class DevicesCommandTest {
    static final List<String> NAMES = SysfsTree.NAMES;

    private static final Path GOLDEN = Path.of("src/test/resources/devices");
    private static final Path IDS = Path.of("src/test/resources/pci.ids");

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @ParameterizedTest
    @FieldSource("NAMES")
    void printsDevicesAndRemedies(String name) throws IOException {
        String table = table(name, 110);

        assertThat(table).isEqualTo(Golden.of(GOLDEN.resolve(name + ".txt"), table));
    }

    @ParameterizedTest
    @ValueSource(ints = {90, 110, 140})
    void fitsIntoTheTerminal(int width) throws IOException {
        for (String name : NAMES) {
            assertThat(table(name, width).lines())
                    .as(name)
                    .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(width));
        }
    }

    /** The conditions of the host apply to each row of the table, and to JSON. */
    @ParameterizedTest
    @FieldSource("NAMES")
    void reportsNoViableGroupOnAHostThatIsNotReady(String name) throws IOException {
        String table = table(name, 110);
        DevicesReport report = report(name);

        boolean kept = report.conditions().stream()
                .anyMatch(condition -> condition.status().equals("False"));
        assertThat(report.groups()).isNotEmpty();
        assertThat(report.groups())
                .allSatisfy(group -> assertThat(group.functions().stream().anyMatch(DevicesReport.Function::passed))
                        .isEqualTo(group.viable())
                        .isEqualTo(group.message() == null));
        if (kept) {
            assertThat(report.groups()).noneMatch(DevicesReport.Group::viable);
            assertThat(table).doesNotContain(": viable").doesNotContainPattern("(?m) passed$");
        }
    }

    @Test
    void checksTheUseOfADiskByThisHost() throws IOException {
        SysfsTree.make("nvme-beside-gpu", directory);
        Path disk = directory.resolve("devices/pci0000:00/0000:00:01.2/0000:02:00.0/nvme/nvme0/nvme0n1/nvme0n1p2");
        Files.createDirectories(disk);
        Files.writeString(disk.resolve("dev"), "259:2\n");
        Files.createDirectories(directory.resolve("class/block"));
        Files.createSymbolicLink(disk.resolve("subsystem"), directory.resolve("class/block"));
        Path proc = directory.resolve("proc");
        Files.createDirectories(proc.resolve("1"));
        Files.writeString(proc.resolve("1/mountinfo"), "29 1 259:2 / / rw shared:1 - ext4 /dev/nvme0n1p2 rw\n");

        DevicesReport report =
                DevicesReport.of(new Sysfs(directory), HostUse.seenBy(new PciUsers(directory, proc)), null);

        assertThat(report.groups())
                .singleElement()
                .extracting(DevicesReport.Group::message)
                .asString()
                .endsWith("so that 0000:02:00.0 is in another group, then it can be passed through; 0000:02:00.0 is a"
                        + " storage controller that this host uses now (nvme0n1p2 is mounted at /), so leave it to the"
                        + " host");
    }

    @Test
    void printsTheSameAsJson() throws IOException {
        SysfsTree.make("shared-group", directory);

        assertThat(run("--sysfs", directory.toString(), "--pci-ids", IDS.toString(), "-o", "json"))
                .isZero();

        JsonNode json = new ObjectMapper().readTree(out.toString());
        assertThat(json.get("iommu").asBoolean()).isTrue();
        assertThat(json.get("vfio").asBoolean()).isTrue();
        assertThat(json.get("kvm").asBoolean()).isTrue();
        assertThat(json.get("advice")).isEmpty();
        assertThat(json.get("conditions"))
                .extracting(condition ->
                        condition.get("type").asText() + condition.get("status").asText())
                .containsExactly("IommuEnabledTrue", "InterruptRemappingTrue", "VfioReadyTrue", "KvmAvailableTrue");
        JsonNode group = json.get("groups").get(0);
        assertThat(group.get("id").asText()).isEqualTo("0000:05:00.0");
        assertThat(group.get("iommuGroup").asInt()).isEqualTo(15);
        assertThat(group.get("pcieRoot").asText()).isEqualTo("pci0000:00");
        assertThat(group.get("viable").asBoolean()).isFalse();
        assertThat(group.has("numaNode")).isFalse();
        assertThat(StreamSupport.stream(group.get("functions").spliterator(), false)
                        .filter(function -> function.get("blocks").asBoolean()))
                .singleElement()
                .satisfies(
                        function -> assertThat(function.get("driver").asText()).isEqualTo("igb"));
        JsonNode gpu = group.get("functions").get(1);
        assertThat(gpu.get("description").asText()).startsWith("Advanced Micro Devices, Inc. [AMD/ATI] Navi 21");
        assertThat(gpu.get("bars").get(0).get("sizeBytes").asLong()).isEqualTo(16L << 30);
        assertThat(gpu.get("bars").get(0).get("type").asText()).isEqualTo("mem64");
        assertThat(gpu.get("resetMethods").get(0).asText()).isEqualTo("bus");
        assertThat(gpu.get("passed").asBoolean()).isFalse();
    }

    @Test
    void reportsThatThereIsNoDevice() {
        new FakeSysfs(directory);

        assertThat(run("--sysfs", directory.toString())).isZero();

        assertThat(out.toString())
                .contains("IOMMU                not ok   found no IOMMU group")
                .contains("no display controller, no accelerator and no device of a VFIO driver found");
    }

    @Test
    void refusesADirectoryThatIsNotASysfs() {
        assertThat(run("--sysfs", directory.resolve("nowhere").toString())).isEqualTo(2);

        assertThat(out.toString()).isEmpty();
        assertThat(err.toString().lines())
                .singleElement()
                .asString()
                .startsWith("holdfast devices: found no directory ")
                .endsWith("usually /sys");
    }

    @Test
    void checksOnlyTheDeviceNodeOfItsOwnHost() throws IOException {
        SysfsTree.make("two-a100", directory);
        Sysfs sysfs = new Sysfs(directory);
        Path node = directory.resolve("kvm");

        assertThat(kvm(sysfs, null)).isEqualTo("KvmFound");
        assertThat(kvm(sysfs, node)).isEqualTo("NoDeviceNode");
        Files.createFile(node, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        assertThat(kvm(sysfs, node)).isEqualTo("KvmFound");
    }

    @Test
    void checksNoDeviceNodeWhenTheKernelHasNone() throws IOException {
        SysfsTree.make("no-iommu", directory);

        assertThat(kvm(new Sysfs(directory), directory.resolve("kvm"))).isEqualTo("NoKvm");
    }

    private static String kvm(Sysfs sysfs, @Nullable Path node) throws IOException {
        return DevicesReport.of(sysfs, HostUse.UNSEEN, node == null ? null : new KvmDeviceNode(node))
                .conditions()
                .getLast()
                .reason();
    }

    private String table(String name, int width) throws IOException {
        Path root = directory.resolve(name);
        if (!Files.exists(root)) {
            SysfsTree.make(name, root);
        }
        return DevicesTable.of(report(name), width);
    }

    private DevicesReport report(String name) throws IOException {
        return DevicesReport.of(new Sysfs(directory.resolve(name), PciIds.at(IDS)), HostUse.UNSEEN, null);
    }

    private int run(String... args) {
        return new CommandLine(new DevicesCommand())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(args);
    }
}
