package dev.holdfast.launch.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.holdfast.host.kernel.OpenFile;
import dev.holdfast.qemu.argv.DiskFacts;
import dev.holdfast.qemu.argv.InheritedDescriptors;
import dev.holdfast.qemu.argv.OverlaySize;
import dev.holdfast.qemu.shape.DiskSource;
import dev.holdfast.qemu.shape.QemuDisk;
import dev.holdfast.qemu.shape.QemuDisk.Cache;
import dev.holdfast.qemu.shape.QemuDisk.Format;
import dev.holdfast.qemu.shape.QemuDisk.Io;
import dev.holdfast.testbed.fixtures.Shapes;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class DiskPreparationTest {
    /** O_DIRECT of x86 and of arm64. */
    private static final int O_DIRECT = 0x1_4000;

    private static final String IMAGE = "/volumes/root";
    private static final String OVERLAY = "/scratch/overlay.qcow2";

    @TempDir
    private Path root = Path.of("");

    @AutoClose
    private final KeptOpenFiles files = new KeptOpenFiles();

    @BeforeEach
    void makeFolders() throws IOException {
        for (String folder : List.of("volumes/root/disk", "volumes/data", "volumes/seed/user", "scratch", "media")) {
            Files.createDirectories(root.resolve(folder));
        }
    }

    // Container disks

    @Test
    void createsAnOverlayOfTheSameSizeForTheFirstImage() throws Exception {
        write("volumes/root/disk/README", "not an image");
        write("volumes/root/disk/b.img", "second");
        Files.write(root.resolve("volumes/root/disk/a.raw"), new byte[1 << 20]);

        DiskFacts facts = prepare(containerDisk(null));

        assertThat(facts.format()).isEqualTo(Format.QCOW2);
        assertThat(opened(facts.file())).isEqualTo(root.resolve("scratch/overlay.qcow2"));
        DiskFacts.Backing backing = Objects.requireNonNull(facts.backing());
        assertThat(opened(backing.file())).isEqualTo(root.resolve("volumes/root/disk/a.raw"));
        assertThat(backing.format()).isEqualTo(Format.RAW);
        try (var overlay = java.nio.channels.FileChannel.open(root.resolve("scratch/overlay.qcow2"))) {
            assertThat(Qcow2.header(overlay)).isEqualTo(new Qcow2.Header(1 << 20, false, false));
        }
    }

    @Test
    void readsTheSizeOfAQcow2ImageFromItsHeader() throws Exception {
        Qcow2.createEmpty(root.resolve("volumes/root/disk/a.qcow2"), 5L << 30);

        DiskFacts facts = prepare(containerDisk("/disk/a.qcow2"));

        assertThat(Objects.requireNonNull(facts.backing()).format()).isEqualTo(Format.QCOW2);
        try (var overlay = java.nio.channels.FileChannel.open(root.resolve("scratch/overlay.qcow2"))) {
            assertThat(Qcow2.header(overlay).virtualBytes()).isEqualTo(5L << 30);
        }
    }

    @Test
    void followsALinkThatStaysInTheImage() throws Exception {
        write("volumes/root/disk/real.img", "x".repeat(512));
        Files.createSymbolicLink(root.resolve("volumes/root/disk/link.img"), Path.of("real.img"));

        DiskFacts facts = prepare(containerDisk("/disk/link.img"));

        assertThat(opened(Objects.requireNonNull(facts.backing()).file()))
                .isEqualTo(root.resolve("volumes/root/disk/real.img"));
    }

    @ParameterizedTest
    @CsvSource({"/disk/escape.img", "/disk/folder/stolen.img", "/../../stolen.img", "/disk/../../data/disk.img"})
    void refusesWhateverLeadsOutOfTheImage(String path) throws Exception {
        Path stolen = write("stolen.img", "of the pod");
        write("volumes/data/disk.img", "of another volume");
        Files.createSymbolicLink(root.resolve("volumes/root/disk/escape.img"), stolen);
        Files.createSymbolicLink(root.resolve("volumes/root/disk/folder"), root);

        assertThat(refused(containerDisk(path))).contains("disk root:", "leads out of the container image");
        assertThat(root.resolve("scratch/overlay.qcow2")).doesNotExist();
    }

    @Test
    void refusesTheFirstImageToo() throws Exception {
        Files.createSymbolicLink(root.resolve("volumes/root/disk/a.img"), Path.of("/etc/hostname"));

        assertThat(refused(containerDisk(null))).contains("/disk/a.img leads out of the container image");
    }

    @Test
    void refusesAnImageWithABackingFileOrAnExternalDataFile() throws Exception {
        Path image = root.resolve("volumes/root/disk/a.qcow2");
        Qcow2.createEmpty(image, 1 << 20);
        byte[] plain = Files.readAllBytes(image);

        Files.write(image, changed(plain, 8, 512));
        assertThat(refused(containerDisk(null))).contains("requires a second file", "qemu-img convert");
        Files.write(image, changed(plain, 72, 4));
        assertThat(refused(containerDisk(null))).contains("requires a second file");
        Files.write(image, plain);
        assertThat(prepare(containerDisk(null)).backing()).isNotNull();
    }

    @Test
    void refusesAnImageOfAnInvalidSize() throws Exception {
        Path image = root.resolve("volumes/root/disk/a.qcow2");
        Qcow2.createEmpty(image, 1 << 20);
        byte[] plain = Files.readAllBytes(image);
        for (long size : new long[] {0, -1, Long.MAX_VALUE, (64L << 40) + 1}) {
            Files.write(image, changed(plain, 24, size));
            assertThat(refused(containerDisk(null))).contains("has a virtual size of " + size + " bytes");
        }
        Files.write(image, new byte[0]);
        assertThat(refused(containerDisk(null))).contains("a virtual size of 0 bytes");
    }

    @Test
    void refusesAnImageThatIsLargerThanItsCapacityWithBothNumbers() throws Exception {
        Qcow2.createEmpty(root.resolve("volumes/root/disk/a.qcow2"), (20L << 30) + 512);
        QemuDisk disk = disk("root", new DiskSource.ContainerImage(IMAGE, null, OVERLAY, 20L << 30));

        assertThat(refused(disk))
                .isEqualTo("disk root: the disk image has a virtual size of 21474836992 bytes, but"
                        + " containerDisk.capacity is 21474836480; raise the capacity, or use a smaller image");
        assertThat(root.resolve("scratch/overlay.qcow2")).doesNotExist();
        assertThat(prepare(disk("root", new DiskSource.ContainerImage(IMAGE, null, OVERLAY, (20L << 30) + 512))))
                .isNotNull();
    }

    @Test
    void createsASparseOverlayAsLongAsAFullOne() throws Exception {
        Qcow2.createEmpty(root.resolve("volumes/root/disk/a.qcow2"), 20L << 30);

        prepare(containerDisk(null));

        assertThat(root.resolve("scratch/overlay.qcow2"))
                .hasSize(OverlaySize.of(20L << 30).bytes());
    }

    @Test
    void reportsWhatIsMissingInAContainerImage() throws Exception {
        assertThat(refused(containerDisk(null))).contains("has no *.qcow2, *.img or *.raw in /disk");
        assertThat(refused(containerDisk("/disk/root.img")))
                .contains("/disk/root.img not found in the container image");
        assertThat(refused(containerDisk("/disk"))).contains("/disk is not a regular file");
    }

    // Claims

    @Test
    void usesARawClaimAsItIsWhateverItsFirstBytesAre() throws Exception {
        Qcow2.createEmpty(root.resolve("volumes/data/disk.img"), 1 << 20);

        DiskFacts facts = prepare(claim(Format.RAW, false));

        assertThat(facts.format()).isEqualTo(Format.RAW);
        assertThat(facts.backing()).isNull();
    }

    @Test
    void acceptsAQcow2ClaimOnlyWhenItIsStandalone() throws Exception {
        Path file = write("volumes/data/disk.img", "x".repeat(4096));
        assertThat(refused(claim(Format.QCOW2, false))).contains("contains no such image");

        Files.delete(file);
        Qcow2.createEmpty(file, 1 << 20);
        assertThat(prepare(claim(Format.QCOW2, false)).format()).isEqualTo(Format.QCOW2);

        Files.write(file, changed(Files.readAllBytes(file), 8, 512));
        assertThat(refused(claim(Format.QCOW2, false))).contains("requires a second file");
    }

    @Test
    void reportsThatAClaimHasNoImage() {
        assertThat(refused(claim(Format.RAW, false)))
                .isEqualTo("disk data: the claim my-data has no disk.img at its root; put the disk's image there, or an"
                        + " empty file of the disk's size");
    }

    @Test
    void refusesAnythingButAFileForAnImageAndDoesNotBlockOnAPipe() throws Exception {
        Path file = root.resolve("volumes/data/disk.img");
        Files.createDirectory(file);
        assertThat(refused(claim(Format.RAW, false))).contains("is not a regular file");
        Files.delete(file);
        run("mkfifo", file.toString());
        assertThat(refused(claim(Format.RAW, true))).contains("is not a regular file");
        assertThat(refused(claim(Format.RAW, false))).contains("is not a regular file");
        Files.delete(file);
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(file));
            assertThat(refused(claim(Format.RAW, false))).contains("is not a regular file");
        }
        Files.delete(file);
        Files.createSymbolicLink(file, Path.of("pipe"));
        run("mkfifo", file.resolveSibling("pipe").toString());
        assertThat(refused(claim(Format.RAW, true))).contains("is not a regular file");
        // Devices: no block device for a file, and no character device for either.
        assertThat(refusedOfThisMachine("/dev/zero", false)).contains("is not a regular file");
        assertThat(refusedOfThisMachine("/dev/zero", true)).contains("has no block device");
        assertThat(files.descriptors()).isEmpty();
    }

    private String refusedOfThisMachine(String path, boolean block) {
        QemuDisk disk = Shapes.disk(
                "data", QemuDisk.Bus.VIRTIO, true, new DiskSource.Claim("my-data", path, block, Format.RAW));
        return catchThrowableOfType(
                        DiskException.class, () -> new DiskPreparation(Path.of("/"), files).prepare(List.of(disk)))
                .message();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../secret",
                "../../stolen.img",
                "/etc/hostname",
                "loop",
                "chain",
                "folder/disk.img",
                "/proc/self/fd/0"
            })
    void refusesAClaimWhoseImageLeadsOutOfIt(String target) throws Exception {
        Path data = root.resolve("volumes/data");
        write("volumes/secret", "of another volume");
        write("stolen.img", "of the pod");
        Files.createSymbolicLink(data.resolve("loop"), Path.of("disk.img"));
        Files.createSymbolicLink(data.resolve("chain"), Path.of("link"));
        Files.createSymbolicLink(data.resolve("link"), root.resolve("stolen.img"));
        Files.createSymbolicLink(data.resolve("folder"), root.resolve("volumes/root"));
        write("volumes/root/disk.img", "of the image");
        Files.createSymbolicLink(data.resolve("disk.img"), Path.of(target));

        for (boolean readOnly : new boolean[] {true, false}) {
            assertThat(refused(claim(Format.RAW, readOnly)))
                    .isEqualTo("disk data: disk.img of the claim my-data is a link that leads out of the claim; put the"
                            + " disk's image there, or a link to a file of the claim");
        }
        assertThat(files.descriptors()).isEmpty();
    }

    @Test
    void followsALinkThatStaysInTheClaim() throws Exception {
        Files.createDirectory(root.resolve("volumes/data/images"));
        write("volumes/data/images/v2.img", "x".repeat(512));
        Files.createSymbolicLink(root.resolve("volumes/data/disk.img"), Path.of("images/../images/v2.img"));

        assertThat(opened(prepare(claim(Format.RAW, false)).file()))
                .isEqualTo(root.resolve("volumes/data/images/v2.img"));
    }

    @Test
    void usesTheFileThatWasCheckedEvenIfItIsReplaced() throws Exception {
        Path file = write("volumes/data/disk.img", "checked");
        write("stolen.img", "stolen");

        DiskFacts facts = prepare(claim(Format.RAW, false));
        Files.move(file, file.resolveSibling("moved"));
        Files.createSymbolicLink(file, root.resolve("stolen.img"));

        assertThat(opened(facts.file())).hasContent("checked");
    }

    private static void run(String... command) throws Exception {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    // Files that the launcher creates

    @Test
    void createsAnEmptyDiskThatUsesNoSpace() throws Exception {
        DiskFacts facts = prepare(disk("scratch", new DiskSource.Empty("/scratch/disk.img", 1L << 40)));

        // More than this machine has.
        assertThat(opened(facts.file())).hasSize(1L << 40);
        assertThat(facts.format()).isEqualTo(Format.RAW);
    }

    @Test
    void createsNothingTwice() throws Exception {
        QemuDisk disk = disk("scratch", new DiskSource.Empty("/scratch/disk.img", 1 << 20));
        prepare(disk);

        assertThat(refused(disk)).contains("already exists", "delete the pod");
    }

    @Test
    void createsACloudInitImageReadableForItsOwnerOnly() throws Exception {
        write("volumes/seed/user/userdata", "#cloud-config\n");

        DiskFacts facts = prepare(seed(null));

        String image = Files.readString(opened(facts.file()), StandardCharsets.ISO_8859_1);
        assertThat(image).contains("instance-id: \"uid-1\"\nlocal-hostname: \"vm\"\n", "#cloud-config\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(opened(facts.file()))))
                .isEqualTo("rw-------");
    }

    /** Read as YAML by cloud-init: a name must be a string even if it looks like another type. */
    @ParameterizedTest
    @ValueSource(strings = {"vm", "123", "null", "true", "off", "0x1f", "1e3", "2026-01-01", "12-30"})
    void namesAMachineByAStringWhateverItLooksLike(String name) throws Exception {
        write("volumes/seed/user/userdata", "#cloud-config\n");

        prepare(disk(
                "seed",
                new DiskSource.CloudInit(
                        new DiskSource.Text("user-secret", "/volumes/seed/user"),
                        null,
                        name,
                        name,
                        "/media/seed.iso")));

        String image = Files.readString(root.resolve("media/seed.iso"), StandardCharsets.ISO_8859_1);
        int start = image.indexOf("instance-id:");
        String metaData = image.substring(start, image.indexOf('\0', start));
        assertThat(Serialization.<Map<String, Object>>unmarshal(metaData, new TypeReference<>() {}))
                .containsExactlyInAnyOrderEntriesOf(Map.of("instance-id", name, "local-hostname", name));
    }

    @Test
    void reportsWhichSecretOrKeyIsMissing() throws Exception {
        assertThat(refused(seed(null))).contains("Secret user-secret not found", "create it with the key userdata");
        write("volumes/seed/user/other", "");
        assertThat(refused(seed(null))).contains("the Secret user-secret has no key userdata; add it");
        write("volumes/seed/user/userData", "#cloud-config");
        assertThat(refused(seed(new DiskSource.Text("net-secret", "/volumes/seed/network"))))
                .contains("Secret net-secret not found", "networkdata");
    }

    @Test
    void createsAnImageOfAllKeysWithoutOtherFilesOfTheKubelet() throws Exception {
        Files.createDirectories(root.resolve("volumes/seed/..2026"));
        write("volumes/seed/..2026/color", "blue");
        Files.createSymbolicLink(root.resolve("volumes/seed/..data"), Path.of("..2026"));
        Files.createSymbolicLink(root.resolve("volumes/seed/color"), Path.of("..data/color"));

        DiskFacts facts = prepare(disk(
                "settings", new DiskSource.Files("ConfigMap c", "/volumes/seed", "cfgdata", "/media/settings.iso")));

        String image = Files.readString(opened(facts.file()), StandardCharsets.ISO_8859_1);
        assertThat(image).contains("blue", "COLOR.;1").doesNotContain("2026");
        assertThat(refused(disk("settings", new DiskSource.Files("ConfigMap c", "/none", "cfgdata", "/media/x.iso"))))
                .contains("ConfigMap c not found in the VM's namespace, or empty");
    }

    // Flags with which it is opened

    @Test
    void bypassesThePageCacheOnlyWhereTheFileSystemSupportsIt() throws Exception {
        Path file = write("volumes/data/disk.img", "x".repeat(4096));
        boolean possible = DirectAccess.isPossible(file);

        assertThat(prepare(claim(Format.RAW, false)).direct()).isEqualTo(possible);
        assertThat(prepare(with(Cache.WRITEBACK, null)).direct()).isFalse();
        assertThat(prepare(with(Cache.WRITEBACK, null)).io()).isEqualTo(Io.THREADS);
        if (possible) {
            assertThat(prepare(with(null, Io.NATIVE)).io()).isEqualTo(Io.NATIVE);
            assertThat(prepare(with(Cache.NONE, null)).direct()).isTrue();
        } else {
            assertThat(refused(with(Cache.NONE, null))).contains("cache none bypasses the page cache");
        }
    }

    /** Since 9.1 QEMU requires a descriptor as it would open the file, with or without the page cache. */
    @ParameterizedTest
    @EnumSource
    @NullSource
    void opensADiskAsQemuWillUseIt(@Nullable Cache cache) throws Exception {
        Path file = write("volumes/data/disk.img", "x".repeat(4096));
        Assumptions.assumeTrue(DirectAccess.isPossible(file), "the file system cannot bypass the page cache");

        DiskFacts facts = prepare(with(cache, null));

        int descriptor = Integer.parseInt(facts.file().replaceFirst(".*/", ""));
        String flags = Files.readAllLines(Path.of("/proc/self/fdinfo", Integer.toString(descriptor))).stream()
                .filter(line -> line.startsWith("flags:"))
                .findFirst()
                .orElseThrow();
        boolean direct = (Integer.parseInt(flags.replaceFirst("flags:\\s*", ""), 8) & O_DIRECT) != 0;
        assertThat(direct).isEqualTo(facts.direct());
    }

    /** /proc is a file system without O_DIRECT. */
    @Test
    void reportsAFileSystemWithoutDirectAccess() {
        DiskPreparation ofThisMachine = new DiskPreparation(Path.of("/"), files);
        for (QemuDisk disk :
                List.of(readOnly(Cache.NONE, null, "cache none"), readOnly(null, Io.NATIVE, "io native"))) {
            DiskException e = catchThrowableOfType(DiskException.class, () -> ofThisMachine.prepare(List.of(disk)));

            assertThat(e.message()).contains(disk.serial(), "which the file system of /proc/version does not support");
        }
    }

    private static QemuDisk readOnly(@Nullable Cache cache, @Nullable Io io, String expected) {
        return new QemuDisk(
                "v",
                QemuDisk.Bus.VIRTIO,
                false,
                true,
                null,
                expected,
                cache,
                io,
                true,
                new DiskSource.Claim("v", "/proc/version", false, Format.RAW));
    }

    /** Returns the file of a block node's descriptor. */
    private static Path opened(String blockNode) throws IOException {
        int descriptor = Integer.parseInt(
                blockNode.substring(InheritedDescriptors.blockNode(0).length() - 1));
        return Path.of(OpenFile.path(descriptor).toRealPath().toString());
    }

    private DiskFacts prepare(QemuDisk disk) throws DiskException {
        return Objects.requireNonNull(
                new DiskPreparation(root, files).prepare(List.of(disk)).get(disk.name()));
    }

    private String refused(QemuDisk disk) {
        DiskException e = catchThrowableOfType(DiskException.class, () -> prepare(disk));
        assertThat(e).isNotNull();
        return e.message();
    }

    private static QemuDisk containerDisk(@Nullable String path) {
        return disk("root", new DiskSource.ContainerImage(IMAGE, path, OVERLAY, 64L << 40));
    }

    private static QemuDisk claim(Format format, boolean readOnly) {
        return Shapes.disk(
                "data",
                QemuDisk.Bus.VIRTIO,
                readOnly,
                new DiskSource.Claim("my-data", "/volumes/data/disk.img", false, format));
    }

    private static QemuDisk with(@Nullable Cache cache, @Nullable Io io) {
        QemuDisk plain = claim(Format.RAW, false);
        return new QemuDisk(
                plain.name(), plain.bus(), false, false, null, plain.serial(), cache, io, true, plain.source());
    }

    private static QemuDisk seed(DiskSource.@Nullable Text network) {
        return disk(
                "seed",
                new DiskSource.CloudInit(
                        new DiskSource.Text("user-secret", "/volumes/seed/user"),
                        network,
                        "uid-1",
                        "vm",
                        "/media/seed.iso"));
    }

    private static QemuDisk disk(String name, DiskSource source) {
        return Shapes.disk(name, QemuDisk.Bus.VIRTIO, false, source);
    }

    private Path write(String path, String text) throws IOException {
        return Files.writeString(root.resolve(path), text);
    }

    private static byte[] changed(byte[] image, int at, long value) {
        byte[] changed = image.clone();
        ByteBuffer.wrap(changed).putLong(at, value);
        return changed;
    }
}
