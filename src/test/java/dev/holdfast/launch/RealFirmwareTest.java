package dev.holdfast.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import dev.holdfast.launch.disk.KeptOpenFiles;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.qemu.argv.FirmwareFiles;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.argv.QemuArgv;
import dev.holdfast.qemu.shape.MachineOptions.Uefi;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.testbed.fixtures.QemuShapeBuilder;
import dev.holdfast.testbed.fixtures.Shapes;
import dev.holdfast.testbed.qemu.GuestLinux;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Firmware as seen by a guest: this machine's OVMF, prepared by the launcher, with an emulated Linux. */
@Slow
class RealFirmwareTest {
    private static final long BAR = 256L << 30;
    private static final String GPU = "0000:3b:00.0";

    private static final String VARIABLES = """
            mount -t efivarfs none /sys/firmware/efi/efivars
            cd /sys/firmware/efi/efivars
            echo "secure boot $(tail -c 1 SecureBoot-* | hexdump -v -e '1/1 "%d"')"
            mine=Holdfast-5b446ed1-e30b-4faa-871a-3654eca36080
            if [ -e $mine ]; then echo "mine $(tail -c 4 $mine)"; else printf '\\007\\000\\000\\000kept' > $mine; fi
            """;
    private static final String BARS = """
            grep -s -h -v '^0x0* 0x0*' /sys/bus/pci/devices/*/resource | sed 's/^/bar /'
            """;

    @TempDir
    private Path folder = Path.of("");

    @AutoClose
    private final KeptOpenFiles files = new KeptOpenFiles();

    /**
     * Both by the same two boots. A device of QEMU's own stands where the GPU would; without the window the same BAR finds
     * no place.
     */
    @Test
    void keepsVariablesOverPodsWhenPersistentAndPlacesALargeBarInTheWindowThatWasComputedForIt() throws Exception {
        Path state = Files.createDirectory(folder.resolve("state"));
        Uefi uefi = new Uefi(false, true);
        GuestLinux guest = new GuestLinux(folder, BARS + VARIABLES, "fs/efivarfs/efivarfs.ko");

        List<String> first = guest.run(withLargeBar(guest, uefi, firmware(state, uefi)));
        List<String> second = guest.run(without(withLargeBar(guest, uefi, firmware(state, uefi)), "-fw_cfg"));

        assertThat(first).contains("secure boot 0").doesNotContain("mine kept");
        assertThat(second).contains("secure boot 0", "mine kept");
        assertThat(sizes(first)).contains(BAR);
        assertThat(sizes(second)).isNotEmpty().doesNotContain(BAR);
    }

    @Test
    void bootsSecurely() throws Exception {
        Uefi uefi = new Uefi(true, false);
        GuestLinux guest = new GuestLinux(folder, VARIABLES, "fs/efivarfs/efivarfs.ko");

        assertThat(guest.run(argv(guest, uefi, firmware(folder, uefi)))).contains("secure boot 1");
    }

    /** SeaBIOS sizes the window by the BARs itself. */
    @Test
    void requiresNoWindowWithSeaBios() throws Exception {
        GuestLinux guest = new GuestLinux(folder, BARS);
        List<String> argv = withLargeBar(guest, null, null);

        assertThat(argv).doesNotContain("-fw_cfg");
        assertThat(sizes(guest.run(argv))).contains(BAR);
    }

    private FirmwareFiles firmware(Path state, Uefi uefi) throws LaunchException {
        return new GuestFirmware(Path.of("/"), folder, state).prepare(uefi, files);
    }

    private List<String> withLargeBar(GuestLinux guest, @Nullable Uefi uefi, @Nullable FirmwareFiles firmware) {
        NodeFacts node = new NodeFacts(
                        Accelerator.TCG,
                        Map.of("gpu0", List.of(PciAddress.parse(GPU))),
                        Map.of(PciAddress.parse(GPU), List.of(BAR)),
                        40)
                .with(firmware)
                .with(files.opened());
        return QemuArgv.of(shape(guest, uefi, List.of("gpu0")), node).stream()
                .map(word -> word.replaceFirst("^vfio-pci,host=" + GPU, "pci-testdev,membar=" + BAR))
                .toList();
    }

    private List<String> argv(GuestLinux guest, Uefi uefi, FirmwareFiles firmware) {
        return QemuArgv.of(
                shape(guest, uefi, List.of()),
                new NodeFacts(Accelerator.TCG, Map.of()).with(firmware).with(files.opened()));
    }

    private static QemuShape shape(GuestLinux guest, @Nullable Uefi uefi, List<String> devices) {
        return QemuShapeBuilder.shape()
                .memoryBytes(512L << 20)
                .kernel(guest.kernel())
                .devices(devices)
                .options(Shapes.firmware(uefi))
                .build();
    }

    private static List<String> without(List<String> argv, String option) {
        List<String> less = new ArrayList<>(argv);
        int at = less.indexOf(option);
        less.remove(at);
        less.remove(at);
        return less;
    }

    /** Returns the sizes of the registers that have an address. */
    private static List<Long> sizes(List<String> console) {
        return console.stream()
                .filter(line -> line.startsWith("bar 0x"))
                .map(line -> line.split(" "))
                .map(words -> Long.decode(words[2]) - Long.decode(words[1]) + 1)
                .toList();
    }
}
