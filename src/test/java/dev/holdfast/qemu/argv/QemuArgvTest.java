package dev.holdfast.qemu.argv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.Golden;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.shape.MachineOptions;
import dev.holdfast.qemu.shape.QemuDisk;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.qemu.shape.QemuShape.Iommu;
import dev.holdfast.testbed.fixtures.QemuShapeBuilder;
import dev.holdfast.testbed.fixtures.Shapes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares command lines, one argument per line, with the files in {@code src/test/resources/dev/holdfast/qemu/argv}. After
 * an intended change {@code mvn test -Dtest=QemuArgvTest -Dholdfast.golden=write} rewrites them; read the diff.
 */
class QemuArgvTest {
    private static final Path GOLDEN = Path.of("src/test/resources/dev/holdfast/qemu/argv");
    private static final NodeFacts EMULATED = new NodeFacts(Accelerator.TCG, Map.of());

    private static final QemuShape WINDOWS = QemuShapeBuilder.shape()
            .video(Video.VGA, null)
            .options(new MachineOptions(
                    null,
                    null,
                    true,
                    new MachineOptions.Hyperv("holdfast"),
                    "Europe/Berlin",
                    true,
                    MachineOptions.Watchdog.POWEROFF,
                    Map.of()))
            .build();
    private static final QemuShape HUGE_PAGES = QemuShapeBuilder.shape()
            .memoryBytes(4L << 30)
            .options(new MachineOptions(null, 1L << 30, null, null, null, null, null, Map.of()))
            .build();

    private static QemuShape efi(boolean secureBoot) {
        return QemuShapeBuilder.shape()
                .options(Shapes.firmware(new MachineOptions.Uefi(secureBoot, false)))
                .build();
    }

    static Stream<Arguments> machines() {
        NodeFacts gpuWithAudio = new NodeFacts(
                Accelerator.KVM,
                Map.of(
                        "gpu0",
                        List.of(PciAddress.parse("0000:01:00.0"), PciAddress.parse("0000:01:00.1")),
                        "nic0",
                        List.of(PciAddress.parse("0000:41:00.2"))));
        return Stream.of(
                Arguments.of("emulated", Shapes.plain(Video.NONE, null), EMULATED),
                Arguments.of("vga-64mi", Shapes.plain(Video.VGA, 64L << 20), EMULATED),
                Arguments.of("virtio", Shapes.plain(Video.VIRTIO, null), EMULATED),
                Arguments.of("bochs", Shapes.plain(Video.BOCHS, null), EMULATED),
                Arguments.of("ramfb", Shapes.plain(Video.RAMFB, null), EMULATED),
                Arguments.of(
                        "kernel-gpu-with-audio-and-nic",
                        Shapes.of(8L << 30, Shapes.KERNEL, Video.NONE, null, List.of("gpu0", "nic0")),
                        gpuWithAudio),
                Arguments.of(
                        "intel-iommu-gpu-with-audio-and-nic",
                        Shapes.with(Iommu.INTEL, 8L << 30, List.of("gpu0", "nic0")),
                        gpuWithAudio),
                Arguments.of(
                        "efi", efi(false), EMULATED.with(new FirmwareFiles("/code.fd", "/vars,1.fd", 528384, false))),
                Arguments.of(
                        "efi-secure-boot",
                        efi(true),
                        new NodeFacts(Accelerator.KVM, Map.of())
                                .with(new FirmwareFiles("/code.fd", "/vars.fd", 528384, true))),
                Arguments.of("windows", WINDOWS, new NodeFacts(Accelerator.KVM, Map.of())),
                Arguments.of("windows-emulated", WINDOWS, EMULATED),
                Arguments.of("huge-pages", HUGE_PAGES, EMULATED),
                Arguments.of("two-gpus-of-one-clique", Shapes.TWO_GPUS, Shapes.TWO_A100),
                Arguments.of(
                        "virtio-iommu-gpu-with-audio-and-nic",
                        Shapes.with(Iommu.VIRTIO, 8L << 30, List.of("gpu0", "nic0")),
                        gpuWithAudio),
                Arguments.of(
                        "disks-and-network",
                        QemuShapeBuilder.shape()
                                .disks(Shapes.DISKS)
                                .nics(Shapes.NIC)
                                .build(),
                        EMULATED.with(
                                Map.of(
                                        "root",
                                        new DiskFacts(
                                                "/run/holdfast/scratch/root/overlay.qcow2",
                                                false,
                                                QemuDisk.Format.QCOW2,
                                                new DiskFacts.Backing(
                                                        "/run/holdfast/volumes/root/disk/a,b.img", QemuDisk.Format.RAW),
                                                false,
                                                QemuDisk.Io.THREADS)),
                                List.of("lab.svc.cluster.local", "svc.cluster.local"))));
    }

    @ParameterizedTest
    @MethodSource("machines")
    void describesTheMachineToQemu(String name, QemuShape shape, NodeFacts node) throws IOException {
        String argv = String.join("\n", QemuArgv.of(shape, node)) + "\n";

        assertThat(argv).isEqualTo(Golden.of(GOLDEN.resolve(name + ".txt"), argv));
    }

    @Test
    void roundsGuestMemoryUpToWholePagesAsTheLimitDoes() {
        QemuShape shape = Shapes.of(1_000_000_000, null, Video.NONE, null, List.of());

        assertThat(QemuArgv.of(shape, EMULATED)).contains("memory-backend-ram,id=ram0,size=1000001536");
    }

    @Test
    void splitsTheInterruptControllerForIntelsIommuUnderKvmOnly() {
        QemuShape shape = Shapes.with(Iommu.INTEL, 1 << 30, List.of());

        assertThat(String.join(" ", QemuArgv.of(shape, new NodeFacts(Accelerator.KVM, Map.of()))))
                .contains("q35,memory-backend=ram0,dump-guest-core=off,hpet=off,kernel_irqchip=split ");
        assertThat(String.join(" ", QemuArgv.of(shape, EMULATED))).doesNotContain("kernel_irqchip");
        assertThat(String.join(
                        " ",
                        QemuArgv.of(
                                Shapes.with(Iommu.VIRTIO, 1 << 30, List.of()),
                                new NodeFacts(Accelerator.KVM, Map.of()))))
                .doesNotContain("kernel_irqchip");
    }

    /** QEMU's default has changed, and QEMU 10.0 refuses more bits than the host's IOMMU has, often 39. */
    @Test
    void widensIntelsIommuForAGuestThatDoesNotFitIntoHalfATebibyte() {
        assertThat(QemuArgv.of(Shapes.with(Iommu.INTEL, 512L << 30, List.of()), EMULATED))
                .contains("intel-iommu,id=iommu0,intremap=on,caching-mode=on,aw-bits=48");
        assertThat(QemuArgv.of(Shapes.with(Iommu.INTEL, 256L << 30, List.of()), EMULATED))
                .contains("intel-iommu,id=iommu0,intremap=on,caching-mode=on,aw-bits=39");
    }

    @Test
    void refusesAMachineWhoseFirmwareWasNotPrepared() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> QemuArgv.of(efi(false), EMULATED))
                .withMessageContaining("the machine has UEFI, but the launcher prepared none");
    }

    @Test
    void refusesBarsThatTheProcessorCannotAddress() {
        NodeFacts narrow = new NodeFacts(Accelerator.KVM, Shapes.TWO_A100.devices(), Shapes.TWO_A100.bars(), 38)
                .with(Shapes.TWO_A100.firmware());

        assertThatIllegalArgumentException()
                .isThrownBy(() -> QemuArgv.of(Shapes.TWO_GPUS, narrow))
                .withMessageContaining(
                        "require 256 GiB of addresses above the guest's 64 GiB of memory, which requires 39 address bits, but the processors of this node have 38; use a node");
    }

    @Test
    void refusesAddressesThatTheIommuDoesNotTranslate() {
        NodeFacts narrow = new NodeFacts(Accelerator.KVM, Shapes.TWO_A100.devices(), Shapes.TWO_A100.bars(), 46)
                .withIommu(38)
                .with(Shapes.TWO_A100.firmware());

        assertThatIllegalArgumentException()
                .isThrownBy(() -> QemuArgv.of(Shapes.TWO_GPUS, narrow))
                .withMessage(
                        "the guest's 64 GiB of memory and 256 GiB of addresses for the BARs of the devices require 39 address bits, but the IOMMU of this node translates 38; use a node whose IOMMU translates more, or give the VM less memory or fewer devices");
        assertThat(QemuArgv.of(Shapes.TWO_GPUS, narrow.withIommu(39))).isNotEmpty();
    }

    @Test
    void refusesMemoryThatTheIommuDoesNotTranslate() {
        QemuShape shape = Shapes.of(600L << 30, null, Video.NONE, null, List.of("gpu0"));
        NodeFacts node = new NodeFacts(Accelerator.KVM, Map.of("gpu0", List.of(PciAddress.parse("0000:01:00.0"))));

        assertThat(QemuArgv.of(shape, node)).isNotEmpty();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> QemuArgv.of(shape, node.withIommu(39)))
                .withMessageStartingWith(
                        "the guest's 600 GiB of memory requires 40 address bits, but the IOMMU of this node translates 39; ");
    }

    /** OVMF places its window at the end of the address space that the processor reports. */
    @ParameterizedTest
    @CsvSource({
        "46, 39, 'host,host-phys-bits=on,host-phys-bits-limit=39'",
        ", 39, 'host,host-phys-bits=on,host-phys-bits-limit=39'",
        "39, 39, 'host,host-phys-bits=on'",
        "46, 48, 'host,host-phys-bits=on'",
        "46, , 'host,host-phys-bits=on'",
    })
    void givesTheGuestNoMoreAddressBitsThanTheIommuTranslates(
            @Nullable Integer processor, @Nullable Integer iommu, String model) {
        NodeFacts node = new NodeFacts(
                        Accelerator.KVM, Map.of("gpu0", List.of(PciAddress.parse("0000:01:00.0"))), Map.of(), processor)
                .withIommu(iommu);
        List<String> argv = QemuArgv.of(Shapes.of(1 << 30, null, Video.NONE, null, List.of("gpu0")), node);

        assertThat(argv.get(argv.indexOf("-cpu") + 1)).isEqualTo(model);
    }

    @Test
    void refusesADisplayThatOnlyLibvirtDomainsHave() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> QemuArgv.of(Shapes.plain(Video.QXL, null), EMULATED))
                .withMessageContaining("unknown display QXL");
    }

    @Test
    void doublesCommasSoThatANameCannotAddAnOption() {
        QemuShape shape = QemuShapeBuilder.shape()
                .vm("a,b", "c,debug-threads=off")
                .tcgBufferBytes(0)
                .cpuModel("max,-vmx")
                .cores(1)
                .memoryBytes(1 << 20)
                .build();

        assertThat(QemuArgv.of(shape, EMULATED))
                .contains("guest=a,,b/c,,debug-threads=off,debug-threads=on", "max,,-vmx", "tcg,tb-size=1");
    }

    @Test
    void givesEachOfSixtyFourDevicesARootPortOfItsOwn() {
        List<String> names = IntStream.range(0, 64).mapToObj(i -> "d" + i).toList();
        Map<String, List<PciAddress>> addresses = names.stream()
                .collect(Collectors.toMap(
                        name -> name, name -> List.of(new PciAddress(0, Integer.parseInt(name.substring(1)), 0, 0))));

        List<String> ports = QemuArgv.of(
                        Shapes.of(1 << 20, null, Video.NONE, null, names), new NodeFacts(Accelerator.KVM, addresses))
                .stream()
                .filter(argument -> argument.startsWith("pcie-root-port"))
                .toList();

        assertThat(ports.stream().map(port -> port.replaceAll(".*(addr=[^,]*).*", "$1")))
                .hasSize(64)
                .doesNotHaveDuplicates();
        assertThat(ports.getFirst()).contains("addr=0x2.0,multifunction=on");
        assertThat(ports.getLast()).contains("addr=0x11.2,chassis=64");
    }

    @Test
    void refusesDevicesThatTheShapeDoesNotHave() {
        QemuShape shape = Shapes.of(1 << 20, null, Video.NONE, null, List.of("gpu0"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> QemuArgv.of(shape, EMULATED))
                .withMessageContaining("the node gives the devices [], but the machine has [gpu0]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> QemuArgv.of(
                        Shapes.plain(Video.NONE, null),
                        new NodeFacts(Accelerator.KVM, Map.of("gpu0", List.of(PciAddress.parse("0000:01:00.0"))))));
    }

    @Test
    void refusesInvalidAddresses() {
        for (String text : List.of("0000:01:00.0,multifunction=on", "0000:AF:00.0", "00000000:01:00.0")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> NodeFacts.address("gpu0", text))
                    .withMessageContaining("which must be like 0000:01:00.0");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new NodeFacts(Accelerator.KVM, Map.of("gpu0", List.of(PciAddress.parse("10000:01:00.0")))))
                .withMessageContaining("invalid PCI address \"10000:01:00.0\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new NodeFacts(Accelerator.KVM, Map.of("gpu0", List.of())))
                .withMessageContaining("device gpu0 has 0 PCI functions");
    }
}
