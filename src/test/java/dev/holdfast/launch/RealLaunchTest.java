package dev.holdfast.launch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.Slow;
import dev.holdfast.qemu.qmp.Qmp;
import dev.holdfast.qemu.shape.DiskSource;
import dev.holdfast.qemu.shape.MachineOptions;
import dev.holdfast.qemu.shape.QemuDisk;
import dev.holdfast.qemu.shape.QemuDisk.Bus;
import dev.holdfast.qemu.shape.QemuDisk.Format;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.qemu.shape.QemuShapeJson;
import dev.holdfast.testbed.fixtures.ChildJvm;
import dev.holdfast.testbed.fixtures.QemuShapeBuilder;
import dev.holdfast.testbed.fixtures.Shapes;
import dev.holdfast.testbed.qemu.RealQemu;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the whole launcher, which executes the QEMU of this machine. */
@Slow
class RealLaunchTest {
    private static final int MIB = 1 << 20;
    private static final byte CHECKED = 9;
    private static final byte STOLEN = 5;

    @TempDir
    private Path root = Path.of("");

    private Path stolen = Path.of("");

    @BeforeEach
    void makeContainer() throws IOException {
        for (String folder : List.of("vm", "state", "rom/gpu0", "volumes/root/disk", "scratch/root", "scratch/empty")) {
            Files.createDirectories(root.resolve("run/holdfast").resolve(folder));
        }
        stolen = fill("stolen", STOLEN);
        fill("run/holdfast/volumes/root/disk/root.img", CHECKED);
        fill("run/holdfast/volumes/data/disk.img", CHECKED);
        kernel(fill("run/holdfast/kernel/boot/vmlinuz", CHECKED));
        fill("run/holdfast/kernel/boot/initrd", CHECKED);
        Files.write(root.resolve("run/holdfast/rom/gpu0/rom"), new byte[4096]);
    }

    @Test
    void qemuUsesTheFilesThatWereCheckedWhateverIsInTheirPlaceWhenItStarts() throws Exception {
        Path log = root.resolve("log");
        Process qemu = ChildJvm.start(
                LaunchProbe.class, Map.of(), log, root.toString(), stolen.toString(), QemuShapeJson.write(shape()));
        try {
            Path socket = root.resolve("qmp.sock");
            Awaitility.await().atMost(RealQemu.TIMEOUT).until(() -> Files.exists(socket) || !qemu.isAlive());
            assertThat(qemu.isAlive()).as(Files.readString(log)).isTrue();
            try (Qmp qmp = RealQemu.connect(socket)) {
                // It has responded, so the whole machine has been created.
                assertThat(openFiles(qemu.pid()))
                        .noneMatch(file -> file.equals(stolen.toString()))
                        .anyMatch(file -> file.endsWith("/efi-variables.fd (deleted)"));
                for (String disk : List.of("root", "data", "empty")) {
                    io(qmp, disk, "read -P %d 0 64k".formatted(disk.equals("empty") ? 0 : CHECKED));
                    io(qmp, disk, "write -P 7 0 64k");
                    io(qmp, disk, "flush");
                }
                qmp.execute("quit");
            }
            assertThat(qemu.waitFor(RealQemu.TIMEOUT.toMillis(), TimeUnit.MILLISECONDS))
                    .isTrue();
            assertThat(Files.readAllLines(log))
                    // The node of this test has no sysfs, which the launcher reports.
                    .filteredOn(line -> !line.contains(" NodeHardware - "))
                    .anyMatch(line -> line.contains("wrote 65536/65536"))
                    .noneMatch(line -> Stream.of("failed", "Failed", "rror").anyMatch(line::contains));
        } catch (IOException e) {
            throw new AssertionError("the log says " + Files.readString(log), e);
        } finally {
            qemu.destroyForcibly();
        }
        byte[] untouched = new byte[MIB];
        Arrays.fill(untouched, STOLEN);
        assertThat(stolen).hasBinaryContent(untouched);
    }

    private static QemuShape shape() {
        QemuShape.Kernel kernel =
                new QemuShape.Kernel("/run/holdfast/kernel/boot/vmlinuz", "/run/holdfast/kernel/boot/initrd", "");
        MachineOptions.DeviceOptions rom = new MachineOptions.DeviceOptions("/run/holdfast/rom/gpu0/rom", null, null);
        List<QemuDisk> disks = List.of(
                disk(
                        "root",
                        new DiskSource.ContainerImage(
                                "/run/holdfast/volumes/root", null, "/run/holdfast/scratch/root/overlay.qcow2", MIB)),
                disk("data", new DiskSource.Claim("my-data", "/run/holdfast/volumes/data/disk.img", false, Format.RAW)),
                disk("empty", new DiskSource.Empty("/run/holdfast/scratch/empty/disk.img", MIB)));
        return QemuShapeBuilder.shape()
                .memoryBytes(64L * MIB)
                .kernel(kernel)
                .devices(List.of("gpu0"))
                .options(new MachineOptions(
                        new MachineOptions.Uefi(false, true), null, null, null, null, null, null, Map.of("gpu0", rom)))
                .disks(disks)
                .build();
    }

    private static QemuDisk disk(String name, DiskSource source) {
        return Shapes.disk(name, Bus.VIRTIO, false, source);
    }

    private static List<String> openFiles(long pid) throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return descriptors.map(RealLaunchTest::target).toList();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            return "closed since";
        }
    }

    private static void io(Qmp qmp, String disk, String command) throws IOException {
        assertThat(qmp.execute(
                                "human-monitor-command",
                                JsonNodeFactory.instance
                                        .objectNode()
                                        .put(
                                                "command-line",
                                                "qemu-io -d /machine/peripheral/disk-%s/virtio-backend \"%s\""
                                                        .formatted(disk, command)))
                        .asText())
                .isEmpty();
    }

    /**
     * Writes the header of a kernel that supports an initrd (Linux Documentation/arch/x86/boot.rst); QEMU refuses others as
     * too old.
     */
    private static void kernel(Path file) throws IOException {
        ByteBuffer image = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        image.put(0x202, "HdrS".getBytes(StandardCharsets.US_ASCII)).putShort(0x206, (short) 0x20c);
        Files.write(file, image.array());
    }

    private Path fill(String name, byte with) throws IOException {
        byte[] content = new byte[MIB];
        Arrays.fill(content, with);
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, content);
    }
}
