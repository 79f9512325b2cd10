package dev.holdfast.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.grant.GrantAnswer;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.host.kernel.Rlimit;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.qemu.argv.FirmwareFiles;
import dev.holdfast.qemu.argv.InheritedDescriptors;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.dryrun.DryRun;
import dev.holdfast.qemu.shape.MachineOptions;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.qemu.shape.QemuShapeJson;
import dev.holdfast.testbed.fixtures.QemuShapeBuilder;
import dev.holdfast.testbed.fixtures.Shapes;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherTest {
    private static final Instant START = Instant.parse("2026-11-22T12:00:00Z");
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final GrantWait.Limits LIMITS = new GrantWait.Limits(TIMEOUT, Duration.ofMinutes(15));
    private static final long LIMIT = 135528448;
    private static final GrantAnswer GRANTED = new GrantAnswer.Granted(
            LIMIT, List.of(new GrantAnswer.NamedDevice("gpu0", List.of("0000:01:00.0", "0000:01:00.1"))));

    private final FakeProcess process = new FakeProcess();
    private final ScriptedGrants grants = new ScriptedGrants();
    private final List<Duration> dryRunLimits = new ArrayList<>();
    private DryRun.Outcome measured =
            new DryRun.Outcome.Measured(134479872, Duration.ofMillis(70), Duration.ofMillis(60));
    private Instant now = START;
    private @Nullable FirmwareFiles measuredFirmware;
    private List<String> environmentOfDryRun = List.of();

    @TempDir
    private Path folder = Path.of("");

    private Path qemu = Path.of("");
    private Path kvm = Path.of("");

    @BeforeEach
    void makeContainer() throws IOException {
        qemu = Files.createFile(
                folder.resolve("qemu-system-x86_64"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        kvm = folder.resolve("kvm");
    }

    @Test
    void executesQemuWithTheGrantedDevices() {
        grants.answers.add(GRANTED);

        launch(shape(true));

        assertThat(grants.requests).containsExactly(new GrantRequest("default", "gpu-vm", 134479872L));
        assertThat(process.path).isEqualTo(qemu.toString());
        assertThat(process.argv)
                .startsWith("qemu-system-x86_64")
                .contains("vfio-pci,host=0000:01:00.1,id=dev-gpu0.1,bus=rp0,addr=0.1")
                .contains("tcg,tb-size=64");
    }

    @Test
    void continuesWithoutAMeasurement() {
        measured = new DryRun.Outcome.Failed("QEMU ended with status 1");
        grants.answers.add(GRANTED);

        launch(shape(true));

        assertThat(grants.requests).containsExactly(new GrantRequest("default", "gpu-vm", null));
        assertThat(process.argv).isNotEmpty();
    }

    @Test
    void measuresOnceHoweverOftenItRetries() {
        grants.answers.add(new GrantAnswer.Waiting("the plan is not bound"));
        grants.answers.add(GRANTED);

        launch(shape(true));

        assertThat(dryRunLimits).containsExactly(Duration.ofSeconds(30));
        assertThat(grants.requests).extracting(GrantRequest::measuredBytes).containsOnly(134479872L);
    }

    @Test
    void doesNotPassOnVariablesForTheJvm() {
        grants.answers.add(GRANTED);

        launch(shape(true));

        assertThat(process.environment).containsExactly("HOSTNAME=gpu-vm", "PATH=relative:" + folder);
    }

    @Test
    void usesKvmWhenItOpens() throws IOException {
        Files.createFile(kvm);
        grants.answers.add(GRANTED);

        launch(shape(false));

        assertThat(process.argv).containsSubsequence("-accel", "kvm", "-cpu", "host,host-phys-bits=on");
        assertThat(dryRunLimits).containsExactly(Duration.ofSeconds(5));
    }

    @Test
    void refusesToEmulateUnlessAllowed() {
        LaunchException e = fail(shape(false));

        assertThat(e.message()).contains(kvm + " cannot be opened", "--allow-emulation");
        assertThat(grants.requests).isEmpty();
    }

    @Test
    void retriesWhileTheAgentIsNotRespondingOrTheGrantIsNotReady() {
        grants.answers.add(new ConnectException("cannot connect"));
        grants.answers.add(new GrantAnswer.Waiting("the plan is not bound"));
        grants.answers.add(GRANTED);

        launch(shape(true));

        assertThat(grants.requests).hasSize(3);
        assertThat(process.argv).isNotEmpty();
    }

    @Test
    void failsWithoutAGrantInTime() {
        grants.otherwise = new GrantAnswer.Waiting("the plan is not bound");

        LaunchException e = fail(shape(true));

        assertThat(e.message()).contains("no grant after 120 s: the plan is not bound");
        assertThat(e.exitStatus()).isEqualTo(LaunchException.FAILED);
        assertThat(Duration.between(START, now)).isEqualTo(TIMEOUT);
    }

    @Test
    void failsWhenTheAgentNeverResponds() {
        grants.otherwise = new ConnectException("cannot connect to the socket");

        assertThat(fail(shape(true)).message()).contains("the agent is not responding", "cannot connect to the socket");
    }

    @Test
    void endsWithTheAgentsMessageWhenRefused() {
        grants.answers.add(new GrantAnswer.Refused("SecondProcess", "another process of this pod has the grant"));

        LaunchException e = fail(shape(true));

        assertThat(e.message()).isEqualTo("another process of this pod has the grant");
        assertThat(e.exitStatus()).isEqualTo(3);
        assertThat(process.argv).isEmpty();
    }

    @Test
    void doesNotRetryAfterAnInvalidAnswer() {
        grants.answers.add(new GrantRequester.GarbageException("the agent answered nonsense"));

        assertThat(fail(shape(true)).message()).isEqualTo("the agent answered nonsense");
        assertThat(grants.requests).hasSize(1);
    }

    @Test
    void trustsTheKernelAndNotTheAgent() {
        for (Rlimit own : List.of(new Rlimit(LIMIT - 1, LIMIT), new Rlimit(8388608, 8388608))) {
            grants.answers.add(GRANTED);
            process.limit = own;

            assertThat(fail(shape(true)).message())
                    .contains("granted 135528448 bytes of locked memory, but the limit is " + own.soft());
            assertThat(process.argv).isEmpty();
        }
    }

    @Test
    void unlimitedIsMoreThanAnyGrant() {
        grants.answers.add(GRANTED);
        process.limit = Rlimit.of(Rlimit.INFINITY);

        launch(shape(true));

        assertThat(process.argv).isNotEmpty();
    }

    @Test
    void startsWithoutALimitOnlyWhenTheKernelHasLiftedIt() {
        GrantAnswer unlimited = new GrantAnswer.Granted(
                Rlimit.INFINITY, List.of(new GrantAnswer.NamedDevice("gpu0", List.of("0000:01:00.0"))));
        grants.answers.add(unlimited);
        assertThat(fail(shape(true)).message())
                .contains("granted unlimited of locked memory, but the limit is " + LIMIT);

        grants.answers.add(unlimited);
        process.limit = Rlimit.of(Rlimit.INFINITY);
        launch(shape(true));

        assertThat(process.argv).isNotEmpty();
    }

    @Test
    void preparesUefiForTheDryRunAndForTheMachine() throws IOException {
        Path ovmf = Files.createDirectories(folder.resolve("image/usr/share/OVMF"));
        Files.writeString(ovmf.resolve("OVMF_CODE_4M.fd"), "code");
        Files.writeString(ovmf.resolve("OVMF_VARS_4M.fd"), "variables");
        grants.answers.add(GRANTED);

        launch(on(Shapes.firmware(new MachineOptions.Uefi(false, false))));

        int descriptor = process.inherited.getLast();
        FirmwareFiles files =
                new FirmwareFiles(ovmf + "/OVMF_CODE_4M.fd", InheritedDescriptors.blockNode(descriptor), 9, false);
        assertThat(measuredFirmware).isEqualTo(files);
        assertThat(process.argv)
                .containsSubsequence("-add-fd", "fd=%d,set=%1$d".formatted(descriptor))
                .contains("driver=raw,node-name=efi-variables,file.driver=file,file.filename=" + files.variables());
    }

    @Test
    void passesTheKernelAndTheRomThatItOpenedAndChecked() throws IOException {
        Path boot = Files.createDirectories(folder.resolve("run/holdfast/kernel/boot"));
        Path rom = Files.createDirectories(folder.resolve("run/holdfast/rom/gpu0/..data"));
        Files.writeString(boot.resolve("vmlinuz-6.1"), "kernel");
        Files.createSymbolicLink(boot.resolve("vmlinuz"), Path.of("vmlinuz-6.1"));
        Files.writeString(boot.resolve("initrd"), "initrd");
        // Like a key mounted by the kubelet.
        Files.writeString(rom.resolve("rom"), "rom");
        Files.createSymbolicLink(rom.resolveSibling("rom"), Path.of("..data/rom"));
        grants.answers.add(GRANTED);

        launch(kernelAndRom());

        List<Integer> files = process.inherited;
        assertThat(files).hasSize(3);
        assertThat(process.argv)
                .containsSubsequence("-kernel", "/proc/self/fd/" + files.get(0))
                .containsSubsequence("-initrd", "/proc/self/fd/" + files.get(1))
                .anyMatch(word -> word.endsWith(",romfile=/proc/self/fd/" + files.get(2)))
                .doesNotContain("-add-fd");
    }

    /** The guest reads kernel and ROM, and would read any file of the pod that a link leads to. */
    @Test
    void refusesAKernelOrARomThatLeadsOutOfItsVolume() throws IOException {
        Path boot = Files.createDirectories(folder.resolve("run/holdfast/kernel/boot"));
        Path rom = Files.createDirectories(folder.resolve("run/holdfast/rom/gpu0"));
        assertThat(fail(kernelAndRom()).message())
                .isEqualTo("/boot/vmlinuz of the kernel's container image does not exist; correct"
                        + " spec.firmware.kernelBoot.container.kernelPath");

        Files.createSymbolicLink(boot.resolve("vmlinuz"), Path.of("/etc/hostname"));
        assertThat(fail(kernelAndRom()).message())
                .startsWith("/boot/vmlinuz of the kernel's container image leads out");
        Files.delete(boot.resolve("vmlinuz"));
        Files.writeString(boot.resolve("vmlinuz"), "kernel");
        Files.createSymbolicLink(boot.resolve("initrd"), Path.of("../../rom/gpu0/rom"));
        assertThat(fail(kernelAndRom()).message())
                .isEqualTo("/boot/initrd of the kernel's container image leads out of its volume; correct"
                        + " spec.firmware.kernelBoot.container.initrdPath");
        Files.delete(boot.resolve("initrd"));
        Files.writeString(boot.resolve("initrd"), "initrd");
        Files.createDirectory(rom.resolve("rom"));
        assertThat(fail(kernelAndRom()).message())
                .isEqualTo("the option ROM of gpu0 is not a regular file; check its romFile");
        assertThat(grants.requests).isEmpty();
    }

    private static String kernelAndRom() {
        QemuShape.Kernel kernel =
                new QemuShape.Kernel("/run/holdfast/kernel/boot/vmlinuz", "/run/holdfast/kernel/boot/initrd", "");
        MachineOptions.DeviceOptions rom = new MachineOptions.DeviceOptions("/run/holdfast/rom/gpu0/rom", null, null);
        return QemuShapeJson.write(QemuShapeBuilder.shape()
                .kernel(kernel)
                .devices(List.of("gpu0"))
                .options(new MachineOptions(null, null, null, null, null, null, null, Map.of("gpu0", rom)))
                .build());
    }

    @Test
    void requestsNoGrantWithoutTheFirmware() {
        LaunchException e = fail(on(Shapes.firmware(new MachineOptions.Uefi(true, false))));

        assertThat(e.message()).contains("the launcher image has no UEFI firmware for Secure Boot");
        assertThat(grants.requests).isEmpty();
    }

    @Test
    void setsTheTimezoneOfQemu() throws IOException {
        Files.createDirectories(folder.resolve("usr/share/zoneinfo/Europe"));
        Files.createFile(folder.resolve("usr/share/zoneinfo/Europe/Berlin"));
        grants.answers.add(GRANTED);
        environmentOfDryRun = List.of("HOSTNAME=gpu-vm", "PATH=relative:" + folder, "TZ=Europe/Berlin");

        launch(on(inZone("Europe/Berlin")));

        assertThat(process.environment).contains("TZ=Europe/Berlin");
        assertThat(process.argv).contains("base=localtime");
    }

    @Test
    void refusesATimezoneThatTheImageDoesNotHave() {
        assertThat(fail(on(inZone("Europe/Atlantis"))).message())
                .contains("unknown time zone Europe/Atlantis: the launcher image has no file " + folder);
        assertThat(grants.requests).isEmpty();
    }

    /** In its sysfs this node's GPU has a BAR of 1 TiB, and an emulated processor has 40 address bits. */
    @Test
    void sizesTheWindowForTheBarsOfTheNodeOrRefuses() throws IOException {
        Path function = Files.createDirectories(folder.resolve("sys/bus/pci/devices/0000:01:00.0"));
        for (String file : List.of("vendor=0x10de", "device=0x20b5", "class=0x030200")) {
            Files.writeString(function.resolve(file.split("=")[0]), file.split("=")[1] + "\n");
        }
        Path resource = function.resolve("resource");
        Files.writeString(resource, "0x0000002000000000 0x0000002fffffffff 0x000000000014220c\n");
        grants.answers.add(GRANTED);

        launch(shape(true));

        assertThat(process.argv).anyMatch(word -> word.endsWith(",pref64-reserve=68719476736"));

        Files.writeString(resource, "0x0000010000000000 0x000001ffffffffff 0x000000000014220c\n");
        grants.answers.add(GRANTED);
        assertThat(fail(shape(true)).message()).contains("the processors of this node have 40");
    }

    @Test
    void refusesDevicesThatTheMachineDoesNotHave() {
        grants.answers.add(new GrantAnswer.Granted(LIMIT, List.of()));

        assertThat(fail(shape(true)).message()).contains("the node gives the devices [], but the machine has [gpu0]");
    }

    @Test
    void refusesTheSameDeviceTwice() {
        GrantAnswer.NamedDevice gpu0 = new GrantAnswer.NamedDevice("gpu0", List.of("0000:01:00.0"));
        grants.answers.add(new GrantAnswer.Granted(LIMIT, List.of(gpu0, gpu0)));

        assertThat(fail(shape(true)).message()).contains("gpu0");
    }

    @Test
    void reportsThatQemuIsMissing() throws IOException {
        Files.delete(qemu);

        assertThat(fail(shape(true)).message()).contains("qemu-system-x86_64 is not on the PATH");
    }

    @Test
    void reportsWhyTheKernelDidNotStartQemu() {
        grants.answers.add(GRANTED);
        process.failure = new IOException("the program cannot be started");

        assertThat(fail(shape(true)).message()).isEqualTo("the program cannot be started");
    }

    @Test
    void refusesAnInvalidShape() {
        LaunchException e = fail("{}");

        assertThat(e.exitStatus()).isEqualTo(LaunchException.UNUSABLE_SHAPE);
        assertThat(e.message()).contains("invalid shape \"{}\": ");
    }

    private LaunchException fail(String shapeJson) {
        LaunchException e =
                catchThrowableOfType(LaunchException.class, () -> launcher().launch(shapeJson, START, LIMITS));
        assertThat(e).isNotNull();
        return e;
    }

    private void launch(String shapeJson) {
        try {
            launcher().launch(shapeJson, START, LIMITS);
        } catch (LaunchException e) {
            throw new AssertionError(e);
        }
    }

    private Launcher launcher() {
        Map<String, String> environment = Map.of(
                "PATH", "relative:" + folder,
                "HOSTNAME", "gpu-vm",
                "JAVA_HOME", "/usr/lib/jvm",
                "JAVA_TOOL_OPTIONS", "-Xmx1g",
                "JDK_JAVA_OPTIONS", "-Xmx1g",
                "HOLDFAST_JAVA_OPTS", "-Xmx1g",
                "LD_PRELOAD", "/evil.so");
        return new Launcher(
                grants,
                this::measure,
                process,
                new LauncherEnvironment(
                        environment,
                        kvm,
                        folder,
                        new GuestFirmware(folder.resolve("image"), folder, folder.resolve("state")),
                        new NodeHardware(new Sysfs(folder.resolve("sys")), folder.resolve("cpuinfo"))),
                () -> now,
                () -> now = now.plusSeconds(1));
    }

    private DryRun.Outcome measure(
            Path program,
            List<String> environment,
            QemuShape shape,
            Accelerator accelerator,
            @Nullable FirmwareFiles firmware,
            Duration limit) {
        assertThat(program).isEqualTo(qemu);
        assertThat(environment)
                .isEqualTo(
                        environmentOfDryRun.isEmpty()
                                ? List.of("HOSTNAME=gpu-vm", "PATH=relative:" + folder)
                                : environmentOfDryRun);
        measuredFirmware = firmware;
        assertThat(shape.name()).isEqualTo("gpu-vm");
        dryRunLimits.add(limit);
        return measured;
    }

    private static MachineOptions inZone(String timezone) {
        return new MachineOptions(null, null, null, null, timezone, null, null, Map.of());
    }

    private static String on(MachineOptions options) {
        return QemuShapeJson.write(machine().options(options).build());
    }

    private static QemuShapeBuilder machine() {
        return QemuShapeBuilder.shape().devices(List.of("gpu0"));
    }

    private static String shape(boolean allowEmulation) {
        return QemuShapeJson.write(machine().allowEmulation(allowEmulation).build());
    }

    /** Stores the program to execute, and returns where the real one would not. */
    private static final class FakeProcess implements OwnProcess {
        private Rlimit limit = Rlimit.of(LIMIT);
        private @Nullable IOException failure;
        private String path = "";
        private List<String> argv = List.of();
        private List<String> environment = List.of();
        private List<Integer> inherited = List.of();

        @Override
        public Rlimit memlockLimit() {
            return limit;
        }

        @Override
        public void execve(String path, List<String> argv, List<String> environment, List<Integer> inherited)
                throws IOException {
            if (failure != null) {
                throw failure;
            }
            this.path = path;
            this.argv = argv;
            this.environment = environment;
            this.inherited = inherited;
        }
    }

    /** Returns answers or throws exceptions in order; then always the same. */
    private static final class ScriptedGrants implements GrantRequester {
        private final List<GrantRequest> requests = new ArrayList<>();
        private final Deque<Object> answers = new ArrayDeque<>();
        private Object otherwise = new GrantAnswer.Waiting("the script has ended");

        @Override
        public GrantAnswer ask(GrantRequest request) throws IOException {
            requests.add(request);
            Object next = answers.isEmpty() ? otherwise : answers.remove();
            if (next instanceof IOException e) {
                throw e;
            }
            return (GrantAnswer) next;
        }
    }
}
