package dev.holdfast.qemu.argv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.qmp.Qmp;
import dev.holdfast.qemu.qmp.Shutdown;
import dev.holdfast.qemu.qmp.Shutdown.Outcome;
import dev.holdfast.qemu.shape.GuestPaths;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.testbed.fixtures.Shapes;
import dev.holdfast.testbed.qemu.RealQemu;
import dev.holdfast.testbed.qemu.Vmctl;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Behavior of QEMU when a Linux guest crashes, reboots, powers itself off, or is requested to. Emulated. */
@Slow
class RealGuestTest {
    private static final Path SCRIPT = Path.of("src/test/virtual-node/build-guest");
    private static final Path INIT = Path.of("src/test/resources/dev/holdfast/qemu/guest/init");
    private static final NodeFacts EMULATED = new NodeFacts(Accelerator.TCG, Map.of());

    /** A guest boots in two seconds on an idle machine. */
    private static final Duration BOOT = Duration.ofSeconds(90);

    @TempDir
    private static Path guest = Path.of("");

    @TempDir
    private Path folder = Path.of("");

    @BeforeAll
    static void buildGuest() throws Exception {
        Process build = new ProcessBuilder(
                        SCRIPT.toString(),
                        "--out",
                        guest.toString(),
                        "--init",
                        INIT.toString(),
                        "button",
                        "pvpanic-mmio")
                .inheritIO()
                .start();
        assertThat(build.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(build.exitValue()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"poweroff, 0", "panic, 1"})
    void endsWithAStatusThatDistinguishesPoweringOffFromAPanic(String what, int status) throws Exception {
        try (RealQemu qemu = boot(what)) {
            assertThat(qemu.endsWithin(BOOT)).isTrue();

            assertThat(qemu.exitValue()).isEqualTo(status);
            // By this the operator distinguishes a panic from an error of QEMU.
            assertThat(qemu.output()).contains("guest-ready").doesNotContain(QemuArgv.PROGRAM + ": ");
            assertThat(qemu.output().contains("Kernel panic - not syncing")).isEqualTo(what.equals("panic"));
        }
    }

    @Test
    void reportsAnErrorOfQemuWithTheStatusOfAPanic() throws Exception {
        List<String> argv = new ArrayList<>(QemuArgv.of(Shapes.plain(Video.NONE, null), EMULATED));
        argv.replaceAll(word ->
                word.replace(GuestPaths.QMP_SOCKET, folder.resolve("qmp.sock").toString()));
        argv.addAll(List.of("-device", "vfio-pci,host=ffff:ff:1f.7"));

        Process qemu = new ProcessBuilder(argv).redirectErrorStream(true).start();
        String output = new String(qemu.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);

        assertThat(qemu.waitFor()).isEqualTo(1);
        assertThat(output).containsPattern("(?m)^\\S+Z " + QemuArgv.PROGRAM + ": .*ffff:ff:1f.7");
    }

    @Test
    void keepsTheProcessWhenTheGuestReboots() throws Exception {
        try (RealQemu qemu = boot("reboot")) {
            Awaitility.await().atMost(BOOT).until(() -> boots(qemu) >= 2);
            assertThat(qemu.isAlive()).isTrue();
        }
    }

    @Test
    void keepsTheProcessWhenTheMachineIsReset() throws Exception {
        try (RealQemu qemu = boot("nothing");
                Qmp qmp = qemu.qmp()) {
            Awaitility.await().atMost(BOOT).until(() -> boots(qemu) == 1);

            qmp.execute("system_reset");

            Awaitility.await().atMost(BOOT).until(() -> boots(qemu) == 2);
            assertThat(qemu.isAlive()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"listen, POWERED_OFF", "nothing, QUIT"})
    void requestsTheGuestToPowerOffAndStopsAfterTheTimeout(String what, Outcome outcome) throws Exception {
        try (RealQemu qemu = boot(what)) {
            Awaitility.await().atMost(BOOT).until(() -> boots(qemu) == 1);
            // A guest that reacts gets enough time; one that does not gets a short timeout.
            Duration timeout = outcome == Outcome.POWERED_OFF ? BOOT : Duration.ofSeconds(2);

            Shutdown shutdown =
                    new Shutdown(qemu.socket(), Duration.ofSeconds(1), InstantSource.system(), message -> {});

            assertThat(shutdown.run(timeout)).isEqualTo(outcome);
            assertThat(qemu.endsWithin(BOOT)).isTrue();
            assertThat(qemu.exitValue()).isZero();
        }
    }

    /** The hook of the launcher image does not end QEMU; SIGTERM ends it, which the kubelet sends after the hook. */
    @ParameterizedTest
    @CsvSource({"listen, 60, the guest has powered off", "nothing, 2, the guest did not power off in time"})
    void staysUntilSigtermWhenTheHookWithoutAJvmAsks(String what, String seconds, String says) throws Exception {
        Vmctl vmctl = Vmctl.compiledIn(folder);
        try (RealQemu qemu = boot(what)) {
            Awaitility.await().atMost(BOOT).until(() -> boots(qemu) == 1);

            Vmctl.Run hook = vmctl.run(
                    "shutdown", "--timeout", seconds, "--socket", qemu.socket().toString());

            assertThat(hook.status()).as(hook.output()).isZero();
            assertThat(hook.output()).contains(says);
            assertThat(qemu.isAlive()).isTrue();
            qemu.terminate();
            assertThat(qemu.endsWithin(BOOT)).isTrue();
            assertThat(qemu.exitValue()).isZero();
        }
    }

    private RealQemu boot(String what) throws IOException {
        return new RealQemu(folder, argv(what));
    }

    private static List<String> argv(String what) {
        QemuShape.Kernel kernel = new QemuShape.Kernel(
                guest.resolve("boot/vmlinuz").toString(),
                guest.resolve("boot/initrd.img").toString(),
                "console=ttyS0 quiet do=" + what);
        return QemuArgv.of(Shapes.of(256L << 20, kernel, Video.NONE, null, List.of()), EMULATED);
    }

    private static long boots(RealQemu qemu) throws IOException {
        return qemu.output()
                .lines()
                .filter(line -> line.contains("guest-ready"))
                .count();
    }
}
