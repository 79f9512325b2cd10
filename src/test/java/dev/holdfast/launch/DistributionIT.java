package dev.holdfast.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.launch.disk.DiskPreparation;
import dev.holdfast.launch.disk.KeptOpenFiles;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.plan.lifecycle.OperatorSettings;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.VmPod;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.argv.QemuArgv;
import dev.holdfast.qemu.qmp.Shutdown;
import dev.holdfast.qemu.shape.DiskSource;
import dev.holdfast.qemu.shape.QemuDisk;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.testbed.qemu.RealQemu;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A Debian on this machine's QEMU, prepared by the same code as a VM's: from its spec and the plan's shape to the command
 * line, UEFI, disks and cloud-init data. Only the GPU is replaced by another device of QEMU, as there is no VFIO here.
 */
@SuppressWarnings("SystemOut") // Progress is printed, as it takes minutes.
class DistributionIT {
    /** For an emulated machine on two busy processors; idle ones take a fifth of it. */
    private static final Duration BOOT = Duration.ofMinutes(10);

    private static final String GPU = "0000:01:00.0";
    private static final String AUDIO = "0000:01:00.1";

    private static String image = "";

    @TempDir
    private Path root = Path.of("");

    @AutoClose
    private final KeptOpenFiles files = new KeptOpenFiles();

    private final Instant started = Instant.now();

    @BeforeAll
    static void buildImage() throws Exception {
        Process build = new ProcessBuilder("src/test/guest/build-debian")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        image = build.inputReader().readAllAsString().strip();
        assertThat(build.waitFor()).as("the status of build-debian").isZero();
    }

    @Test
    void aDebianBootsByUefiReadsItsCloudInitDataRespondsRebootsAndReactsToThePowerButton() throws Exception {
        QemuShape shape = shape();
        int port = freePort();
        try (RealQemu qemu = new RealQemu(root, argv(shape, port))) {
            awaitConsole(qemu, "guest-boot 1 of debian");
            assertThat(qemu.output())
                    .containsPattern("guest-pci 0000:[0-9a-f]{2}:00\\.0 1234:1111 class=0x038000")
                    .containsPattern("guest-pci 0000:[0-9a-f]{2}:00\\.1 8086:2668 class=0x040300");
            awaitAnswer(port);

            assertThat(get(port, "/cgi-bin/reboot")).contains("rebooting");
            // QEMU is the former process, and its disk has the data of the first boot.
            awaitConsole(qemu, "guest-boot 2 of debian");
            awaitAnswer(port);

            List<String> said = new ArrayList<>();
            Shutdown.Outcome outcome =
                    new Shutdown(qemu.socket(), Duration.ofSeconds(30), InstantSource.system(), said::add).run(BOOT);
            report("powered off");
            assertThat(outcome).as(said.toString()).isEqualTo(Shutdown.Outcome.POWERED_OFF);
            assertThat(qemu.output()).contains("reboot: Power down");
        }
    }

    private static QemuShape shape() throws IOException {
        PassthroughVM vm = Serialization.unmarshal(
                Files.readString(Path.of("src/test/guest/debian-vm.yaml")), PassthroughVM.class);
        vm.getMetadata().setUid("5d0c7f9a-1f0e-4f43-9a3b-52a9d8f3c1e7");
        vm.getMetadata().setGeneration(1L);
        PodPlan plan = VmPod.of(vm, OperatorSettings.of("launcher", true).pod());
        assertThat(plan).isInstanceOf(PodPlan.Ready.class);
        return ((PodPlan.Ready) plan).shape();
    }

    private List<String> argv(QemuShape shape, int port) throws Exception {
        for (QemuDisk disk : shape.disks()) {
            makeVolume(disk.source());
        }
        Path run = Files.createDirectories(root.resolve("run-vm"));
        NodeFacts node = new NodeFacts(
                        Accelerator.TCG, Map.of("gpu0", List.of(PciAddress.parse(GPU), PciAddress.parse(AUDIO))))
                .with(new GuestFirmware(Path.of("/"), run, root)
                        .prepare(Objects.requireNonNull(shape.options().uefi()), files))
                .with(new DiskPreparation(root, files).prepare(shape.disks()), List.of())
                .with(files.opened());
        return QemuArgv.of(shape, node).stream()
                .map(word -> word.replace("hostfwd=tcp::8080-", "hostfwd=tcp:127.0.0.1:" + port + "-")
                        .replaceFirst("^vfio-pci,host=" + GPU, "secondary-vga")
                        .replaceFirst("^vfio-pci,host=" + AUDIO, "intel-hda"))
                .toList();
    }

    /** Creates what the kubelet would mount into the container. */
    private void makeVolume(DiskSource source) throws Exception {
        switch (source) {
            case DiskSource.Claim claim -> {
                Path file = at(claim.file());
                Files.createDirectories(file.getParent());
                Process copy = new ProcessBuilder("cp", "--sparse=always", image, file.toString()).start();
                assertThat(copy.waitFor()).isZero();
            }
            case DiskSource.CloudInit seed -> {
                Files.createDirectories(at(seed.file()).getParent());
                Path secret = Files.createDirectories(at(seed.user().directory()));
                PassthroughVM vm = Serialization.unmarshal(
                        Files.readString(Path.of("src/test/guest/debian-vm.yaml")), PassthroughVM.class);
                String data = Objects.requireNonNull(vm.getSpec().volumes()).stream()
                        .map(volume -> volume.cloudInitNoCloud())
                        .filter(Objects::nonNull)
                        .map(cloudInit -> Objects.requireNonNull(cloudInit.userData()))
                        .findFirst()
                        .orElseThrow();
                Files.writeString(secret.resolve("userdata"), data);
            }
            default -> throw new AssertionError("a volume that nobody brings: " + source);
        }
    }

    private Path at(String path) {
        return root.resolve(path.substring(1));
    }

    private void awaitConsole(RealQemu qemu, String words) {
        Awaitility.await("the console says " + words)
                .atMost(BOOT)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> qemu.output().contains(words));
        report(words);
    }

    private void awaitAnswer(int port) {
        Awaitility.await("the guest answers")
                .atMost(BOOT)
                .pollInterval(Duration.ofMillis(500))
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> get(port, "/").contains("written by cloud-init"));
        report("it answers");
    }

    private static String get(int port, String path) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                    .timeout(Duration.ofSeconds(60))
                    .build();
            return client.send(request, BodyHandlers.ofString()).body();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void report(String what) {
        System.out.printf(
                "%5d s: %s%n",
                TimeUnit.MILLISECONDS.toSeconds(
                        Duration.between(started, Instant.now()).toMillis()),
                what);
    }
}
