package dev.holdfast.qemu.dryrun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import dev.holdfast.memlock.ExactPolicy;
import dev.holdfast.memlock.MemlockInput.Devices;
import dev.holdfast.memlock.MemlockInput.Firmware;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.qemu.argv.FirmwareFiles;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.dryrun.DryRun.Outcome;
import dev.holdfast.qemu.shape.MachineOptions;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.testbed.fixtures.MemlockInputBuilder;
import dev.holdfast.testbed.fixtures.QemuShapeBuilder;
import dev.holdfast.testbed.fixtures.Shapes;
import dev.holdfast.testbed.qemu.RealProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Compares the QEMU of this machine with the model, for the same VMs. */
@Slow
class RealDryRunTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final RealProgram QEMU = RealProgram.installed();

    /** RAM that a VGA display hides, and memory that it may show there itself: the model counts both. */
    private static final long HIDDEN_AND_ALIAS = 2 * 131072;

    @TempDir
    private Path folder = Path.of("");

    @TempDir
    private Path variablesFolder = Path.of("");

    @ParameterizedTest
    @CsvSource({
        "NONE, , 0",
        "RAMFB, , 0",
        "BOCHS, , 0",
        "BOCHS, 4194304, 0",
        "VGA, , " + HIDDEN_AND_ALIAS,
        "VGA, 1048576, " + HIDDEN_AND_ALIAS,
        "VGA, 67108864, " + HIDDEN_AND_ALIAS,
        "VIRTIO, , " + HIDDEN_AND_ALIAS
    })
    void isTheModelsSumExceptForWhatTheModelDoesNotSubtract(Video video, @Nullable Long videoBytes, long less) {
        QemuShape shape = Shapes.of(128L << 20, null, video, videoBytes, List.of("gpu0"));

        assertThat(measured(shape).bytes())
                .isEqualTo(required(shape.memoryBytes(), video, videoBytes, Devices.vfio(1, false)) - less);
    }

    @Test
    void isTheModelsSumForGuestMemoryThatIsNotAWholePage() {
        QemuShape shape = Shapes.of(100_000_001, null, Video.NONE, null, List.of("gpu0"));

        assertThat(measured(shape).bytes())
                .isEqualTo(required(shape.memoryBytes(), Video.NONE, null, Devices.vfio(1, false)));
    }

    @Test
    void isTheSameForOneDeviceAndForThree() {
        long one = measured(Shapes.of(128L << 20, null, Video.NONE, null, List.of("a")))
                .bytes();

        assertThat(measured(Shapes.of(128L << 20, null, Video.NONE, null, List.of("a", "b", "c")))
                        .bytes())
                .isEqualTo(one);
        assertThat(measured(Shapes.of(128L << 20, null, Video.NONE, null, List.of()))
                        .bytes())
                .isZero();
    }

    @ParameterizedTest
    @EnumSource(QemuShape.Iommu.class)
    void countsEachAddressSpaceBehindAnIommu(QemuShape.Iommu iommu) {
        QemuShape shape = Shapes.with(iommu, 128L << 20, List.of("gpu0", "nic0"));

        assertThat(measured(shape).bytes())
                .isEqualTo(required(shape.memoryBytes(), Video.NONE, null, Devices.vfio(2, true)));
    }

    /** The budget is 150 ms of QEMU's time; the time is only printed here, as a busy machine proves nothing. */
    @ParameterizedTest
    @CsvSource({"1", "64"})
    void measuresHalfATebibyteWithoutTouchingIt(int devices) {
        List<String> names = IntStream.range(0, devices).mapToObj(i -> "d" + i).toList();
        QemuShape shape = devices == 1
                ? Shapes.of(512L << 30, null, Video.VGA, null, names)
                : Shapes.with(QemuShape.Iommu.INTEL, 512L << 30, names);

        Outcome.Measured measured = measured(shape);

        System.out.printf(
                "dry-run of a 512 GiB guest with %d device(s): %d ms, of which QEMU used %d ms of processor time%n",
                devices, measured.took().toMillis(), measured.cpu().toMillis());
        long less = devices == 1 ? HIDDEN_AND_ALIAS : 0;
        assertThat(measured.bytes())
                .isEqualTo(
                        required(shape.memoryBytes(), shape.video(), null, Devices.vfio(devices, devices > 1)) - less);
    }

    /**
     * UEFI is in flash, which VFIO does not map; its variables are not changed. Since QEMU 9.1 the end of the flash itself,
     * not a copy of it, hides 128 KiB of RAM below 1 MiB.
     */
    @ParameterizedTest
    @CsvSource({"false, NONE, 0", "true, NONE, 0", "false, VGA, " + HIDDEN_AND_ALIAS})
    void isTheModelsSumWithUefi(boolean secureBoot, Video video, long less) throws Exception {
        Path ovmf = Path.of("/usr/share/OVMF");
        byte[] template = Files.readAllBytes(ovmf.resolve("OVMF_VARS_4M.fd"));
        Path variables = Files.write(variablesFolder.resolve("variables.fd"), template);
        QemuShape shape = QemuShapeBuilder.shape()
                .video(video, null)
                .devices(List.of("gpu0"))
                .options(Shapes.firmware(new MachineOptions.Uefi(secureBoot, false)))
                .build();
        FirmwareFiles firmware = new FirmwareFiles(
                ovmf.resolve(secureBoot ? "OVMF_CODE_4M.secboot.fd" : "OVMF_CODE_4M.fd")
                        .toString(),
                variables.toString(),
                template.length,
                secureBoot);

        Outcome outcome = outcome(shape, firmware);

        long required = ExactPolicy.plan(MemlockInputBuilder.guest(shape.memoryBytes())
                        .firmware(Firmware.FLASH)
                        .video(video, null)
                        .build())
                .requiredBytes();
        long hidden = QEMU.version().isAtLeast(9, 1) ? 131072 : 0;
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Measured.class,
                        measured -> assertThat(measured.bytes()).isEqualTo(required - less - hidden));
        assertThat(Files.readAllBytes(variables)).isEqualTo(template);
    }

    /** This machine does not need any of the 512 huge pages. */
    @Test
    void measuresAGuestInHugePagesWithoutTakingAny() {
        QemuShape shape = QemuShapeBuilder.shape()
                .memoryBytes(512L << 30)
                .devices(List.of("gpu0"))
                .options(new MachineOptions(null, 1L << 30, null, null, null, null, null, Map.of()))
                .build();

        assertThat(measured(shape).bytes())
                .isEqualTo(required(shape.memoryBytes(), Video.NONE, null, Devices.vfio(1, false)));
    }

    /** None of these devices has memory that VFIO would map. */
    @Test
    void isTheSameWithSmallDevicesOnTheMainboard() {
        QemuShape shape = QemuShapeBuilder.shape()
                .devices(List.of("gpu0"))
                .options(new MachineOptions(
                        null,
                        null,
                        true,
                        new MachineOptions.Hyperv("holdfast"),
                        "Europe/Berlin",
                        true,
                        MachineOptions.Watchdog.SHUTDOWN,
                        Map.of()))
                .build();

        assertThat(measured(shape).bytes())
                .isEqualTo(required(shape.memoryBytes(), Video.NONE, null, Devices.vfio(1, false)));
    }

    /** Their files are not opened, and no port is used: both are for the QEMU that is started later. */
    @Test
    void disksAndNetworkAddNothingAndAreNotRequired() {
        QemuShapeBuilder machine = QemuShapeBuilder.shape().devices(List.of("gpu0"));
        long plain = measured(machine.build()).bytes();

        assertThat(measured(machine.disks(Shapes.DISKS).nics(Shapes.NIC).build())
                        .bytes())
                .isEqualTo(plain);
    }

    @Test
    void reportsWhatQemuRefuses() throws Exception {
        QemuShape shape =
                QemuShapeBuilder.shape().cpuModel("no-such-cpu").cores(1).build();

        assertThat(outcome(shape))
                .isInstanceOfSatisfying(
                        Outcome.Failed.class,
                        failed -> assertThat(failed.message())
                                .contains("; its last output: ", "unable to find CPU model 'no-such-cpu'"));
    }

    private Outcome.Measured measured(QemuShape shape) {
        Outcome outcome = outcome(shape);
        assertThat(outcome).isInstanceOf(Outcome.Measured.class);
        return (Outcome.Measured) outcome;
    }

    private Outcome outcome(QemuShape shape) {
        return outcome(shape, null);
    }

    private Outcome outcome(QemuShape shape, @Nullable FirmwareFiles firmware) {
        Outcome outcome = new DryRun(folder).measure(QEMU.path(), List.of(), shape, Accelerator.TCG, firmware, LIMIT);
        assertThat(folder).isEmptyDirectory();
        return outcome;
    }

    private static long required(long guestBytes, Video video, @Nullable Long videoBytes, Devices devices) {
        return ExactPolicy.plan(MemlockInputBuilder.guest(guestBytes)
                        .video(video, videoBytes)
                        .build()
                        .with(devices))
                .requiredBytes();
    }
}
