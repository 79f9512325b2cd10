package dev.holdfast.launch.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.Slow;
import dev.holdfast.qemu.argv.DiskFacts;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.argv.OverlaySize;
import dev.holdfast.qemu.argv.QemuArgv;
import dev.holdfast.qemu.qmp.Qmp;
import dev.holdfast.qemu.shape.DiskSource;
import dev.holdfast.qemu.shape.QemuDisk;
import dev.holdfast.qemu.shape.QemuDisk.Bus;
import dev.holdfast.qemu.shape.QemuDisk.Format;
import dev.holdfast.testbed.fixtures.QemuShapeBuilder;
import dev.holdfast.testbed.fixtures.Shapes;
import dev.holdfast.testbed.qemu.RealQemu;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Disks prepared by the launcher, opened, read and written by a real QEMU. */
@Slow
class RealDisksTest {
    private static final int MIB = 1 << 20;

    @TempDir
    private Path root = Path.of("");

    @AutoClose
    private final KeptOpenFiles files = new KeptOpenFiles();

    @BeforeEach
    void makeFolders() throws IOException {
        for (String folder : List.of("volumes/disk", "scratch", "media", "user")) {
            Files.createDirectories(root.resolve(folder));
        }
    }

    /** QEMU's monitor does not find the drive of an nvme by the device's name. */
    @ParameterizedTest
    @EnumSource(value = Bus.class, names = "NVME", mode = EnumSource.Mode.EXCLUDE)
    void writesGoToTheOverlayAndNothingToTheImage(Bus bus) throws Exception {
        byte[] content = new byte[4 * MIB];
        Arrays.fill(content, (byte) 9);
        Path image = Files.write(root.resolve("volumes/disk/root.img"), content);
        QemuDisk disk = Shapes.disk(
                "root", bus, false, new DiskSource.ContainerImage("/volumes", null, "/scratch/overlay.qcow2", 1 << 30));

        try (RealQemu qemu = start(List.of(disk));
                Qmp qmp = qemu.qmp()) {
            io(qmp, device(bus), "read -P 9 0 64k");
            io(qmp, device(bus), "write -P 7 65536 64k");
            io(qmp, device(bus), "read -P 7 65536 64k");
            io(qmp, device(bus), "read -P 9 131072 3932160");
            io(qmp, device(bus), "discard 65536 64k");
            io(qmp, device(bus), "flush");
            qmp.execute("quit");
            assertThat(qemu.endsInTime()).isTrue();
            assertThat(qemu.output())
                    .contains("wrote 65536/65536 bytes at offset 65536")
                    .doesNotContain("failed", "Failed", "rror");
        }
        assertThat(image).hasBinaryContent(content);
    }

    /** Filled from its end, so that every table is required at once; 600 MiB are more than one L2 table maps. */
    @Test
    void aFullOverlayHasTheComputedSize() throws Exception {
        int pieces = 10;
        int piece = 60;
        Path overlay = root.resolve("scratch/overlay.qcow2");

        try (RealQemu qemu = start(List.of(overlayOf((long) pieces * piece * MIB)));
                Qmp qmp = qemu.qmp()) {
            for (int i = pieces - 1; i >= 0; i--) {
                io(qmp, device(Bus.VIRTIO), "write -P 7 %dM %dM".formatted(i * piece, piece));
            }
            quit(qemu, qmp);
        }

        long full = OverlaySize.of((long) pieces * piece * MIB).bytes();
        assertThat(overlay).hasSize(full);
        assertThat(taken(overlay)).isBetween((long) pieces * piece * MIB, full + full / 64);
    }

    /** By discarding blocks a guest makes holes that nothing larger fits into, so that the file gets longer. */
    @Test
    void anOverlayUsesNoMoreSpaceHoweverTheGuestScattersItsClusters() throws Exception {
        int cluster = 64;
        int half = 16 * MIB / (cluster << 10);
        Path overlay = root.resolve("scratch/overlay.qcow2");
        long full = OverlaySize.of(32L * MIB).bytes();

        try (RealQemu qemu = start(List.of(overlayOf(32L * MIB)));
                Qmp qmp = qemu.qmp()) {
            for (int i = 0; i < half; i++) {
                io(qmp, device(Bus.VIRTIO), "write -P 7 %dk 64k".formatted(i * cluster));
                io(qmp, device(Bus.VIRTIO), "write -P 7 %dk 64k".formatted((half + i) * cluster));
            }
            for (int start : new int[] {0, 16, 0}) {
                io(qmp, device(Bus.VIRTIO), "discard %dM 16M".formatted(start));
                io(qmp, device(Bus.VIRTIO), "write -P 5 %dM 16M".formatted(start));
            }
            io(qmp, device(Bus.VIRTIO), "flush");
            assertThat(Files.size(overlay)).isGreaterThan(full);
            assertThat(taken(overlay)).isBetween(32L * MIB, full + full / 64);
            quit(qemu, qmp);
        }
    }

    private QemuDisk overlayOf(long bytes) throws IOException {
        Path image = root.resolve("volumes/disk/root.img");
        try (RandomAccessFile sparse = new RandomAccessFile(image.toFile(), "rw")) {
            sparse.setLength(bytes);
        }
        return Shapes.disk(
                "root",
                Bus.VIRTIO,
                false,
                new DiskSource.ContainerImage("/volumes", null, "/scratch/overlay.qcow2", 1 << 30));
    }

    private static void quit(RealQemu qemu, Qmp qmp) throws Exception {
        qmp.execute("quit");
        assertThat(qemu.endsInTime()).isTrue();
        assertThat(qemu.output()).doesNotContain("failed", "Failed", "rror");
    }

    /** Returns the used space as counted by the kubelet. */
    private static long taken(Path file) throws Exception {
        Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        return Long.parseLong(new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip())
                * 512;
    }

    @Test
    void aRawDiskThatLooksLikeAnImageStaysARawDisk() throws Exception {
        Path file = root.resolve("volumes/disk.img");
        Qcow2.createEmpty(file, 64L * MIB);
        long bytes = Files.size(file);

        try (RealQemu qemu = start(List.of(claim(Format.RAW)));
                Qmp qmp = qemu.qmp()) {
            JsonNode image = image(qmp, "disk0");
            assertThat(image.path("format").asText()).isEqualTo("raw");
            assertThat(image.path("virtual-size").asLong()).isEqualTo((bytes + 511) / 512 * 512);
        }
    }

    /** Other pods that mount the claim can write a header at any time; only the command line sets the backing file. */
    @Test
    void aHeaderThatNamesABackingFileAfterItWasCheckedIsNotFollowed() throws Exception {
        Path image = root.resolve("volumes/disk.img");
        Path secret = Files.writeString(root.resolve("secret"), "geheim".repeat(20_000));
        Qcow2.createEmpty(image, MIB);
        Map<String, DiskFacts> facts = new DiskPreparation(root, files).prepare(List.of(claim(Format.QCOW2)));
        byte[] header = Files.readAllBytes(image);
        byte[] name = secret.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer.wrap(header).putLong(8, 1024).putInt(16, name.length).put(1024, name);
        Files.write(image, header);
        DiskException refused = catchThrowableOfType(
                DiskException.class, () -> new DiskPreparation(root, files).prepare(List.of(claim(Format.QCOW2))));
        assertThat(refused.message()).contains("requires a second file");

        try (RealQemu qemu = new RealQemu(root, argv(List.of(claim(Format.QCOW2)), facts), "-S");
                Qmp qmp = qemu.qmp()) {
            assertThat(qmp.execute("query-named-block-nodes").toString())
                    .contains("\"backing-filename\":\"" + secret)
                    .doesNotContain("\"filename\":\"" + secret);
            io(qmp, device(Bus.VIRTIO), "read -P 0 0 1M");
            quit(qemu, qmp);
        }
    }

    @Test
    void qemuAcceptsACreatedImageAsComplete() throws Exception {
        Qcow2.createEmpty(root.resolve("volumes/disk.img"), 3L << 40);

        try (RealQemu qemu = start(List.of(claim(Format.QCOW2)));
                Qmp qmp = qemu.qmp()) {
            assertThat(image(qmp, "disk0").path("virtual-size").asLong()).isEqualTo(3L << 40);
            io(qmp, device(Bus.VIRTIO), "write -P 5 3298534817792 64k");
            io(qmp, device(Bus.VIRTIO), "read -P 5 3298534817792 64k");
            io(qmp, device(Bus.VIRTIO), "read -P 0 0 1M");
            qmp.execute("quit");
            assertThat(qemu.endsInTime()).isTrue();
            assertThat(qemu.output()).doesNotContain("failed", "Failed", "rror");
        }
    }

    @Test
    void aClaimInUseIsRefusedAndFreeAfterwards() throws Exception {
        Files.write(root.resolve("volumes/disk.img"), new byte[MIB]);

        try (RealQemu qemu = start(List.of(claim(Format.RAW)));
                Qmp qmp = qemu.qmp()) {
            DiskException e = catchThrowableOfType(
                    DiskException.class, () -> new DiskPreparation(root, files).prepare(List.of(claim(Format.RAW))));
            assertThat(e.message())
                    .isEqualTo("disk root: the claim my-data is in use by another machine, and two that write to one"
                            + " disk destroy it; stop the other machine, or use another claim");
            qmp.execute("quit");
            assertThat(qemu.endsInTime()).isTrue();
        }
        assertThat(new DiskPreparation(root, files).prepare(List.of(claim(Format.RAW))))
                .containsKey("root");
    }

    @Test
    void aSeedForCloudInitIsADiskThatCannotBeWrittenAndNothingOfItIsInTheCommandLine() throws Exception {
        Files.writeString(root.resolve("user/userdata"), "#cloud-config\npassword: geheim\n");
        QemuDisk disk = Shapes.disk(
                "root",
                Bus.VIRTIO,
                true,
                new DiskSource.CloudInit(new DiskSource.Text("s", "/user"), null, "uid", "vm", "/media/seed.iso"));

        try (RealQemu qemu = start(List.of(disk));
                Qmp qmp = qemu.qmp()) {
            assertThat(image(qmp, "disk0").path("format").asText()).isEqualTo("raw");
            assertThat(String.join(" ", argv(List.of(disk), Map.of()))).doesNotContain("geheim", "cloud-config");
        }
    }

    private static QemuDisk claim(Format format) {
        return Shapes.disk(
                "root", Bus.VIRTIO, false, new DiskSource.Claim("my-data", "/volumes/disk.img", false, format));
    }

    private RealQemu start(List<QemuDisk> disks) throws Exception {
        return new RealQemu(root, argv(disks, new DiskPreparation(root, files).prepare(disks)), "-S");
    }

    private List<String> argv(List<QemuDisk> disks, Map<String, DiskFacts> facts) {
        return QemuArgv.of(
                QemuShapeBuilder.shape().disks(disks).build(),
                new NodeFacts(Accelerator.TCG, Map.of()).with(facts, List.of()).with(files.opened()));
    }

    /** The part of a virtio disk that is not PCI has the drive. */
    private static String device(Bus bus) {
        return bus == Bus.VIRTIO ? "/machine/peripheral/disk-root/virtio-backend" : "disk-root";
    }

    private static void io(Qmp qmp, String device, String command) throws IOException {
        JsonNode answer = qmp.execute(
                "human-monitor-command",
                JsonNodeFactory.instance
                        .objectNode()
                        .put("command-line", "qemu-io -d " + device + " \"" + command + "\""));
        assertThat(answer.asText()).isEmpty();
    }

    private static JsonNode image(Qmp qmp, String node) throws IOException {
        for (JsonNode found : qmp.execute("query-named-block-nodes")) {
            if (found.path("node-name").asText().equals(node)) {
                return found.path("image");
            }
        }
        throw new AssertionError("there is no block node " + node);
    }
}
