package dev.holdfast.qemu.argv;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.Slow;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.qmp.Qmp;
import dev.holdfast.qemu.shape.MachineOptions;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.testbed.fixtures.QemuShapeBuilder;
import dev.holdfast.testbed.fixtures.Shapes;
import dev.holdfast.testbed.qemu.GuestLinux;
import dev.holdfast.testbed.qemu.RealQemu;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mainboard devices as reported by a real QEMU under emulation and by a Linux in it. */
@Slow
class RealMachineOptionsTest {
    private static final MachineOptions ALL = new MachineOptions(
            null,
            null,
            true,
            new MachineOptions.Hyperv("holdfast"),
            "Asia/Tokyo",
            true,
            MachineOptions.Watchdog.POWEROFF,
            Map.of());

    @TempDir
    private Path folder = Path.of("");

    /** Only KVM implements them, but this QEMU has their names. */
    @Test
    void namesNothingForKvmThatQemuDoesNotHave() throws IOException {
        List<String> argv =
                QemuArgv.of(QemuShapeBuilder.shape().options(ALL).build(), new NodeFacts(Accelerator.KVM, Map.of()));
        String cpu = argv.get(argv.indexOf("-cpu") + 1);
        List<String> told = Stream.of(cpu.split(","))
                .skip(1)
                .map(word -> word.replaceFirst("=.*", ""))
                .toList();

        try (RealQemu qemu = new RealQemu(
                        folder,
                        QemuArgv.of(Shapes.plain(Video.NONE, null), new NodeFacts(Accelerator.TCG, Map.of())),
                        "-S");
                Qmp qmp = qemu.qmp()) {
            assertThat(told).hasSize(13);
            assertThat(properties(qmp, "host-x86_64-cpu")).containsAll(told);
            assertThat(properties(qmp, "kvm-pit")).contains("lost_tick_policy");
            assertThat(properties(qmp, "vfio-pci")).contains("x-nv-gpudirect-clique", "romfile", "rombar");
        }
    }

    @Test
    void showsTheGuestRandomNumbersAClockAndAWorkingWatchdog() throws Exception {
        GuestLinux guest = new GuestLinux(
                folder,
                """
                echo "random numbers from $(cat /sys/class/misc/hw_random/rng_available)"
                echo "clock ahead by $(( ($(date -d "$(cat /sys/class/rtc/rtc0/date) $(cat /sys/class/rtc/rtc0/time)" +%s) - SENT + 1800) / 3600 )) hours"
                echo "watchdog $(cat /sys/class/watchdog/watchdog0/identity)"
                mknod /dev/watchdog c 10 130
                # Opened, never fed.
                exec 3> /dev/watchdog
                sleep 1000
                """.replace("SENT", String.valueOf(System.currentTimeMillis() / 1000)),
                "drivers/virtio/virtio_ring.ko",
                "drivers/virtio/virtio.ko",
                "drivers/virtio/virtio_pci_modern_dev.ko",
                "drivers/virtio/virtio_pci_legacy_dev.ko",
                "drivers/virtio/virtio_pci.ko",
                "drivers/char/hw_random/virtio-rng.ko",
                "drivers/watchdog/watchdog.ko",
                // It bites after two seconds, in place of thirty.
                "drivers/watchdog/i6300esb.ko heartbeat=2");
        QemuShape shape = QemuShapeBuilder.shape()
                .memoryBytes(256L << 20)
                .kernel(guest.kernel())
                .options(ALL)
                .build();

        List<String> console =
                guest.run(QemuArgv.of(shape, new NodeFacts(Accelerator.TCG, Map.of())), Map.of("TZ", "Asia/Tokyo"));

        assertThat(console)
                .contains("random numbers from virtio_rng.0", "clock ahead by 9 hours", "watchdog i6300ESB timer")
                .noneMatch(line -> line.contains("Power down"));
    }

    private static Set<String> properties(Qmp qmp, String type) throws IOException {
        return StreamSupport.stream(
                        qmp.execute(
                                        "device-list-properties",
                                        JsonNodeFactory.instance.objectNode().put("typename", type))
                                .spliterator(),
                        false)
                .map(property -> property.path("name").asText())
                .collect(Collectors.toSet());
    }
}
