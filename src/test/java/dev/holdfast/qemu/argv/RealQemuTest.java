package dev.holdfast.qemu.argv;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.Slow;
import dev.holdfast.memlock.ExactPolicy;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.qmp.Qmp;
import dev.holdfast.qemu.shape.DiskSource;
import dev.holdfast.qemu.shape.QemuDisk;
import dev.holdfast.qemu.shape.QemuNic;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.testbed.fixtures.MemlockInputBuilder;
import dev.holdfast.testbed.fixtures.QemuShapeBuilder;
import dev.holdfast.testbed.fixtures.Shapes;
import dev.holdfast.testbed.qemu.RealQemu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Compares the command line and the calculator with a real QEMU under emulation. */
@Slow
class RealQemuTest {
    private static final NodeFacts EMULATED = new NodeFacts(Accelerator.TCG, Map.of());

    // A line of `info mtree -f`: 0000000000000000-000000000009ffff (prio 0, ram): ram0 ...
    private static final Pattern SECTION =
            Pattern.compile("^ *([0-9a-f]{16})-([0-9a-f]{16}) \\(prio -?\\d+, (ram|rom|nv-ram|nv-rom)\\): .*$");
    // A line of `info ramblock`: name, page size, offset, used and total; newer versions have more.
    private static final Pattern VIDEO_RAM =
            Pattern.compile("(?m)^ *\\S*vram .*?0x[0-9a-f]{16} +0x[0-9a-f]{16} +0x([0-9a-f]{16})");

    @TempDir
    private Path folder = Path.of("");

    @ParameterizedTest
    @CsvSource({"NONE,", "RAMFB,", "VIRTIO,", "VGA,", "VGA, 1048576", "VGA, 268435456", "BOCHS,", "BOCHS, 4194304"})
    void acceptsEachMachineAndMapsNoMoreThanWasCounted(Video video, @Nullable Long videoBytes) throws Exception {
        QemuShape shape = Shapes.plain(video, videoBytes);
        MemlockPlan plan = ExactPolicy.plan(MemlockInputBuilder.guest(shape.memoryBytes())
                .video(video, videoBytes)
                .build());
        long videoMemory = bytesOf(plan, "video-memory");

        try (RealQemu qemu = new RealQemu(folder, QemuArgv.of(shape, EMULATED), "-S");
                Qmp qmp = qemu.qmp()) {
            assertThat(qmp.execute("query-status").path("status").asText()).isEqualTo("prelaunch");
            assertThat(qmp.execute("query-memory-size-summary")
                            .path("base-memory")
                            .asLong())
                    .isEqualTo(shape.memoryBytes());
            assertThat(videoRam(qmp)).isEqualTo(videoMemory);
            assertThat(mapped(qmp)).isLessThanOrEqualTo(plan.requiredBytes());

            qmp.execute("cont");

            // Firmware enables the display's BAR; from then on its memory is mapped as well.
            Awaitility.await().atMost(RealQemu.TIMEOUT).untilAsserted(() -> {
                long mapped = mapped(qmp);
                assertThat(mapped).isLessThanOrEqualTo(plan.requiredBytes());
                assertThat(mapped).isGreaterThanOrEqualTo(shape.memoryBytes() + videoMemory);
            });
            qmp.execute("quit");
            assertThat(qemu.endsInTime()).isTrue();
            assertThat(qemu.exitValue()).isZero();
        }
    }

    /** Other devices of QEMU replace the passed-through ones. */
    @ParameterizedTest
    @EnumSource(QemuShape.Iommu.class)
    void startsWithAnIommuInFrontOfItsDevices(QemuShape.Iommu iommu) throws Exception {
        QemuShape shape = Shapes.with(iommu, 128L << 20, List.of("gpu0", "nic0"));
        NodeFacts node = new NodeFacts(
                Accelerator.TCG,
                Map.of(
                        "gpu0",
                        List.of(PciAddress.parse("0000:01:00.0"), PciAddress.parse("0000:01:00.1")),
                        "nic0",
                        List.of(PciAddress.parse("0000:41:00.2"))));
        List<String> argv = QemuArgv.of(shape, node).stream()
                .map(argument -> argument.replaceFirst("^vfio-pci,host=[0-9a-f:.]+", "pci-testdev"))
                .toList();

        try (RealQemu qemu = new RealQemu(folder, argv, "-S");
                Qmp qmp = qemu.qmp()) {
            assertThat(names(qmp, "/machine/peripheral")).contains("iommu0", "dev-gpu0", "dev-nic0", "rp0", "rp1");
            // Every device of the machine has an address space of its own, made by the IOMMU.
            List<String> spaces = monitor(qmp, "info mtree -f")
                    .lines()
                    .filter(line -> line.startsWith(" AS "))
                    .toList();
            String made = iommu == QemuShape.Iommu.INTEL ? " AS \"vtd-root\"" : " AS \"virtio-iommu-device\"";
            assertThat(spaces).filteredOn(line -> line.contains("pci-testdev")).hasSize(2);
            assertThat(spaces)
                    .filteredOn(line -> line.startsWith(made))
                    .hasSameSizeAs(spaces.stream()
                            .filter(line -> line.contains("bus master container"))
                            .toList());

            qmp.execute("cont");
            Awaitility.await()
                    .atMost(RealQemu.TIMEOUT)
                    .until(() ->
                            qmp.execute("query-status").path("status").asText().equals("running"));
            qmp.execute("quit");
            assertThat(qemu.endsInTime()).isTrue();
            assertThat(qemu.exitValue()).isZero();
        }
    }

    /** A network card with its option ROM would be 256 KiB more, and a disk could have memory of its own. */
    @Test
    void countsNothingForDisksAndNetwork() throws Exception {
        Path file = Files.write(folder.resolve("disk.img"), new byte[1 << 20]);
        List<QemuDisk> disks = Stream.of(QemuDisk.Bus.values())
                .map(bus -> Shapes.disk(
                        bus.name().toLowerCase(Locale.ROOT),
                        bus,
                        false,
                        new DiskSource.Claim("c", file + "." + bus, false, QemuDisk.Format.RAW)))
                .toList();
        for (QemuDisk disk : disks) {
            Files.copy(file, Path.of(disk.source().file()));
        }
        for (QemuNic.Model model : QemuNic.Model.values()) {
            QemuShape shape = QemuShapeBuilder.shape()
                    .disks(disks)
                    .nics(new QemuNic("default", model, "02:11:22:33:44:55", List.of()))
                    .build();
            MemlockPlan plan = ExactPolicy.plan(
                    MemlockInputBuilder.guest(shape.memoryBytes()).build());
            Files.deleteIfExists(folder.resolve("qmp.sock"));

            try (RealQemu qemu = new RealQemu(folder, QemuArgv.of(shape, EMULATED));
                    Qmp qmp = qemu.qmp()) {
                assertThat(names(qmp, "/machine/peripheral"))
                        .contains("disk-virtio", "disk-nvme", "disk-sata", "nic-default", "ep0", "ep16");
                // The firmware has configured the network card once its registers have addresses.
                Awaitility.await()
                        .atMost(RealQemu.TIMEOUT)
                        .until(() -> monitor(qmp, "info pci").contains("id \"nic-default\"")
                                && !nicRegisters(qmp).contains("0xffffffffffffffff"));
                assertThat(mapped(qmp)).isLessThanOrEqualTo(plan.requiredBytes());
            }
        }
    }

    private static String nicRegisters(Qmp qmp) throws IOException {
        String pci = monitor(qmp, "info pci");
        int end = pci.indexOf("id \"nic-default\"");
        return pci.substring(pci.lastIndexOf("Bus ", end), end);
    }

    private static List<String> names(Qmp qmp, String path) throws IOException {
        return StreamSupport.stream(
                        qmp.execute(
                                        "qom-list",
                                        JsonNodeFactory.instance.objectNode().put("path", path))
                                .spliterator(),
                        false)
                .map(property -> property.path("name").asText())
                .toList();
    }

    @Test
    void acceptsGuestMemoryThatIsNotAWholePage() throws Exception {
        QemuShape shape = Shapes.of(100_000_001, null, Video.NONE, null, List.of());
        MemlockPlan plan =
                ExactPolicy.plan(MemlockInputBuilder.guest(shape.memoryBytes()).build());

        try (RealQemu qemu = new RealQemu(folder, QemuArgv.of(shape, EMULATED), "-S");
                Qmp qmp = qemu.qmp()) {
            assertThat(qmp.execute("query-memory-size-summary")
                            .path("base-memory")
                            .asLong())
                    .isEqualTo(bytesOf(plan, "guest-memory"));
        }
    }

    private static long bytesOf(MemlockPlan plan, String term) {
        return plan.terms().stream()
                .filter(candidate -> candidate.name().equals(term))
                .mapToLong(candidate -> candidate.bytes())
                .sum();
    }

    private static long videoRam(Qmp qmp) throws IOException {
        var matcher = VIDEO_RAM.matcher(monitor(qmp, "info ramblock"));
        return matcher.find() ? Long.parseLong(matcher.group(1), 16) : 0;
    }

    /** Returns the bytes that VFIO would map: RAM and ROM of the flat view of system memory. */
    private static long mapped(Qmp qmp) throws IOException {
        long sum = 0;
        boolean systemMemory = false;
        for (String line :
                monitor(qmp, "info mtree -f").lines().map(String::stripTrailing).toList()) {
            if (line.startsWith("FlatView")) {
                systemMemory = false;
            } else if (line.startsWith(" AS \"memory\"")) {
                systemMemory = true;
            }
            var matcher = SECTION.matcher(line);
            if (systemMemory && matcher.matches()) {
                sum += Long.parseLong(matcher.group(2), 16) - Long.parseLong(matcher.group(1), 16) + 1;
            }
        }
        return sum;
    }

    private static String monitor(Qmp qmp, String command) throws IOException {
        return qmp.execute(
                        "human-monitor-command",
                        JsonNodeFactory.instance.objectNode().put("command-line", command))
                .asText()
                .replace("\r", "");
    }
}
