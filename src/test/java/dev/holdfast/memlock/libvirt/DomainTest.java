package dev.holdfast.memlock.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.memlock.Architecture;
import dev.holdfast.memlock.ExactPolicy;
import dev.holdfast.memlock.LibvirtPolicy;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockInput.Backend;
import dev.holdfast.memlock.MemlockInput.Devices;
import dev.holdfast.memlock.MemlockInput.Display;
import dev.holdfast.memlock.MemlockInput.Emulated;
import dev.holdfast.memlock.MemlockInput.Firmware;
import dev.holdfast.memlock.MemlockInput.MemoryModule;
import dev.holdfast.memlock.MemlockInput.MemoryModule.Kind;
import dev.holdfast.memlock.MemlockInput.Ram;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.memlock.Term;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests that a domain is read into the calculator's input. */
class DomainTest {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;
    private static final String GPU =
            "<hostdev mode='subsystem' type='pci'><source><address bus='0x01'/></source></hostdev>";

    @ParameterizedTest
    @CsvSource({
        "gpu.xml, 9663676416",
        "viommu.xml, 275951648768",
        "storage.xml, 69793218560",
        "power.xml, 35055992832",
    })
    void computesLibvirtsLimitsForTheExamples(String file, long limit) throws IOException {
        byte[] document = Files.readAllBytes(Path.of("examples", "memlock", file));

        assertThat(LibvirtPolicy.plan(Inputs.read(document).input()).limitBytes())
                .isEqualTo(limit);
    }

    @Test
    void addsOneGibibyteToFourSharedMaps() throws IOException {
        String document =
                Files.readString(Path.of("examples", "memlock", "viommu.xml")).replaceAll("(?s)<iommu.*</iommu>", "");

        assertThat(LibvirtPolicy.plan(read(document)).limitBytes()).isEqualTo(69793218560L);
    }

    @Test
    void addsEachHostDeviceOfTheStorageExampleWithAVirtualIommu() throws IOException {
        String document = Files.readString(Path.of("examples", "memlock", "storage.xml"))
                .replace("</devices>", "<iommu model='virtio'/></devices>");

        assertThat(LibvirtPolicy.plan(read(document)).limitBytes()).isEqualTo(86973087744L);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<memory>1048576</memory>               | 1073741824",
                "<memory unit='KiB'>1048576</memory>    | 1073741824",
                "<memory unit='k'>1048576</memory>      | 1073741824",
                "<memory unit='KB'>1048576</memory>     | 1048576000",
                "<memory unit='bytes'>1073741824</memory> | 1073741824",
                "<memory unit='b'>1073741825</memory>   | 1074790400",
                "<memory unit='M'>1024</memory>         | 1073741824",
                "<memory unit='MB'>1024</memory>        | 1024458752",
                "<memory unit='gib'>1</memory>          | 1073741824",
                "<memory unit='GB'>1</memory>           | 1000341504",
                "<memory unit='TiB'> 1 </memory>        | 1099511627776",
            })
    void readsSizesInLibvirtsUnitsAndRoundsThemAsLibvirt(String memory, long bytes) {
        assertThat(read(domain(memory, GPU)).guestBytes()).isEqualTo(bytes);
    }

    @Test
    void subtractsMemoryDevicesFromTheTotal() {
        MemlockInput input = read(domain(
                "<maxMemory slots='4' unit='GiB'>16</maxMemory><memory unit='MiB'>2560</memory>",
                GPU
                        + "<memory model='dimm'><target><size unit='MiB'>1024</size></target></memory>"
                        + "<memory model='virtio-mem'><target><size unit='MiB'>511</size><block unit='MiB'>2</block>"
                        + "<requested unit='MiB'>128</requested><current unit='MiB'>64</current></target></memory>"
                        + "<memory model='nvdimm'><target><size unit='MiB'>1</size>"
                        + "<label><size unit='KiB'>128</size></label></target></memory>"));

        assertThat(input.guestBytes()).isEqualTo(1024 * MIB);
        assertThat(input.memory().maxBytes()).isEqualTo(16 * GIB);
        assertThat(input.memory().modules())
                .containsExactly(
                        new MemoryModule(Kind.DIMM, GIB, 0, 0, 0),
                        new MemoryModule(Kind.VIRTIO_MEM, 512 * MIB, 0, 128 * MIB, 64 * MIB),
                        new MemoryModule(Kind.NVDIMM, 2 * MIB, 128 * KIB, 0, 0));
        assertThat(LibvirtPolicy.plan(input).limitBytes()).isEqualTo((1024 + 1024 + 512 + 2 + 1024) * MIB);
    }

    @Test
    void readsEachNumaCellWithItsPageSize() {
        MemlockInput input = read("""
                <domain type='kvm'>
                  <memory unit='MiB'>3073</memory>
                  <memoryBacking><hugepages>
                    <page size='1' unit='G' nodeset='1-2'/><page size='2048' unit='KiB'/>
                  </hugepages></memoryBacking>
                  <os><type arch='x86_64' machine='q35'>hvm</type></os>
                  <cpu><numa>
                    <cell id='0' cpus='0' memory='1048577' unit='KiB'/>
                    <cell id='1' cpus='1' memory='2' unit='GiB'/>
                    <cell id='3' cpus='2' memory='0' unit='KiB'/>
                  </numa></cpu>
                  <devices>%s</devices>
                </domain>
                """.formatted(GPU));

        assertThat(input.memory().ram()).containsExactly(new Ram(1025 * MIB, 2 * MIB), new Ram(2 * GIB, GIB));
        assertThat(ExactPolicy.plan(input).terms().getFirst().bytes()).isEqualTo(1026 * MIB + 2 * GIB);
    }

    @Test
    void readsHardLimitAndLock() {
        MemlockInput input = read(domain(
                "<memory>1048576</memory><memtune><hard_limit unit='G'>3</hard_limit></memtune>"
                        + "<memoryBacking><locked/></memoryBacking>",
                GPU));

        assertThat(input.memory().hardLimitBytes()).isEqualTo(3 * GIB);
        assertThat(input.memory().locked()).isTrue();
        assertThat(LibvirtPolicy.plan(input).limitBytes()).isEqualTo(3 * GIB);
    }

    @Test
    void countsTheSameDevicesAsLibvirt() {
        MemlockInput input = read(domain(
                "<memory>1048576</memory>",
                GPU
                        + "<hostdev mode='subsystem' type='mdev' model='vfio-pci'/>"
                        + "<hostdev mode='subsystem' type='usb'/><hostdev mode='subsystem' type='scsi'/>"
                        + "<hostdev mode='capabilities' type='net'/>"
                        + "<interface type='hostdev'><source><address type='pci'/></source></interface>"
                        + "<interface type='hostdev'><source><address type='usb'/></source></interface>"
                        + "<interface type='vdpa'/>"
                        + "<disk type='nvme'><backingStore type='nvme'/></disk>"
                        + "<disk type='vhostvdpa'><backingStore type='file'><backingStore type='vhostvdpa'/></backingStore></disk>"
                        + "<disk type='file'/>"));

        assertThat(input.devices()).isEqualTo(new Devices(3, 1, 1, 2, false, false));
        assertThat(input.accounting().backend()).isEqualTo(Backend.TYPE1);
    }

    @Test
    void readsTheLastStoreOfTheLongestChainThatLibvirtAllows() {
        String chain = "<backingStore type='file'>".repeat(199) + "<backingStore type='nvme'/>"
                + "</backingStore>".repeat(199);

        assertThat(read(domain("<memory>1048576</memory>", "<disk type='file'>" + chain + "</disk>"))
                        .devices()
                        .nvmeDisks())
                .isEqualTo(1);
    }

    @Test
    void readsIommufd() {
        MemlockInput input = read(domain(
                "<memory>1048576</memory>",
                "<hostdev mode='subsystem' type='pci'><driver name='vfio' iommufd='yes'/></hostdev>"));

        assertThat(input.accounting().backend()).isEqualTo(Backend.IOMMUFD_PROCESS);
        assertThat(ExactPolicy.plan(input).terms()).extracting(Term::name).contains("iommufd-accounting");
        assertThat(LibvirtPolicy.plan(input).limitBytes()).isEqualTo(2 * GIB);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<model type='vga' vram='16384'/>   | VGA        | 16777216",
                "<model type='vga' vram='9216'/>    | VGA        | 16777216",
                "<model type='vga'/>                | VGA        |",
                "<model type='bochs' vram='1024'/>  | BOCHS      | 4194304",
                "<model type='cirrus' vram='16384'/> | CIRRUS    |",
                "<model type='virtio' heads='1'/>   | VIRTIO     |",
                "<model type='ramfb'/>              | RAMFB      |",
                "<model type='none'/>               | NONE       |",
                "<model type='vmvga' vram='16384'/> | VMVGA      | 16777216",
                "<model type='qxl' ram='65536' vram='65536' vgamem='16384'/> | QXL | 134225920",
                "<model type='qxl'/>                | QXL        | 134225920",
                // vram64 maps the same memory as vram, and more of it.
                "<model type='qxl' ram='65536' vram='32768' vram64='262144'/> | QXL | 335552512",
                // The framebuffer is in ram, and is at most half of it.
                "<model type='qxl' ram='65536' vram='65536' vgamem='65536'/> | QXL | 201334784",
                "<model type='qxl' ram='8192' vram='1000' vgamem='1024'/> | QXL | 17833984",
            })
    void readsTheDisplay(String model, Video video, @Nullable Long bytes) {
        assertThat(read(domain("<memory>1048576</memory>", "<video>" + model + "</video>"))
                        .displays())
                .containsExactly(new Display(video, bytes));
    }

    @Test
    void readsOnlyThePrimaryDisplayAsVga() {
        String devices = "<video><model type='qxl'/></video><video><model type='virtio' primary='yes'/></video>"
                + "<video><model type='virtio'/></video>";

        assertThat(read(domain("<memory>1048576</memory>", devices)).displays())
                .extracting(Display::model)
                .containsExactly(Video.QXL_SECONDARY, Video.VIRTIO, Video.VIRTIO_GPU);
    }

    @Test
    void countsSharedMemoryAndNetworkCardsWithRom() {
        MemlockInput input = read(domain(
                "<memory>1048576</memory>",
                "<shmem name='a'><model type='ivshmem-plain'/><size unit='M'>16</size></shmem><shmem name='b'/>"
                        + "<interface type='network'><model type='virtio'/></interface>"
                        + "<interface type='bridge'><model type='e1000e'/><rom enabled='no'/></interface>"
                        + "<interface type='bridge'><model type='virtio'/><rom bar='off'/></interface>"
                        + "<interface type='user'><model type='usb-net'/></interface>"
                        + "<interface type='vdpa'/><interface type='hostdev'/>"));

        assertThat(input.emulated()).isEqualTo(new Emulated(2, List.of(16 * MIB, 4 * MIB)));
        assertThat(read(domain(
                                "<memory>1048576</memory>",
                                "<shmem name='a'><model type='ivshmem-doorbell'/><size unit='M'>48</size></shmem>"))
                        .emulated()
                        .ramBarBytes())
                .containsExactly(64 * MIB);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<os><type arch='x86_64' machine='pc-q35-9.0'>hvm</type></os>  | X86_64  | SEABIOS",
                "<os><type arch='i686' machine='pc'>hvm</type></os>            | X86_64  | SEABIOS",
                "<os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type></os> | X86_64 | FLASH",
                "<os><type arch='x86_64'>hvm</type><loader type='pflash'>/f</loader></os> | X86_64 | FLASH",
                "<os><type arch='x86_64'>hvm</type><loader type='rom'>/f</loader></os>    | X86_64 | ROM_IMAGE",
                "<os><type arch='x86_64' machine='microvm'>hvm</type></os>     | X86_64  | MICROVM",
                "<os><type arch='aarch64' machine='virt'>hvm</type></os>       | AARCH64 | IN_GUEST_RAM",
                "<os><type arch='s390x' machine='s390-ccw-virtio'>hvm</type></os> | S390X | IN_GUEST_RAM",
                "<os><type arch='riscv64' machine='virt'>hvm</type></os>       | RISCV64 | RISCV_VIRT",
                "<os><type arch='ppc64le' machine='pseries'>hvm</type></os>    | PPC64LE | IN_GUEST_RAM",
            })
    void readsArchitectureAndFirmware(String os, Architecture architecture, Firmware firmware) {
        MemlockInput input = read("<domain type='kvm'><memory unit='GiB'>1</memory>" + os + "</domain>");

        assertThat(input.platform().architecture()).isEqualTo(architecture);
        assertThat(input.firmware()).isEqualTo(firmware);
        assertThat(input.platform().kvm()).isTrue();
    }

    @Test
    void countsTheHostBridgesOfPower() {
        String controllers = "<controller type='pci' index='0' model='pci-root'/>"
                + "<controller type='pci' index='1' model='pci-root'/><controller type='pci' model='pci-bridge'/>";
        String domain =
                domain("<memory unit='GiB'>32</memory>", GPU + controllers).replace("x86_64", "ppc64");

        assertThat(read(domain).platform().hostBridges()).isEqualTo(2);
        assertThat(read(domain.replace("pci-root", "pcie-root")).platform().hostBridges())
                .isNull();
    }

    @Test
    void skipsElementsOfAForeignNamespace() {
        String document = domain("<memory>1048576</memory><q:commandline><q:memory>x</q:memory></q:commandline>", GPU)
                .replace("<domain ", "<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0' ");

        assertThat(read(document).guestBytes()).isEqualTo(GIB);
    }

    @Test
    void readsTheEncodingThatTheDocumentDeclares() {
        Charset latin = StandardCharsets.ISO_8859_1;
        byte[] document = ("<?xml version='1.0' encoding='ISO-8859-1'?>"
                        + domain("<name>grün</name><memory>1048576</memory>", GPU))
                .getBytes(latin);

        assertThat(Inputs.read(document).name()).isEqualTo("grün");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<memory>-1</memory>                  | <memory> is -1, must be at least 0",
                "<memory>lots</memory>                | <memory> is \"lots\", must be a whole number",
                "<memory>1.5</memory>                 | <memory> is \"1.5\"",
                "<memory/>                            | <memory> is \"\"",
                "<memory unit='parsec'>1</memory>     | has the unit \"parsec\"",
                "<memory unit='EiB'>99999999999</memory> | must be at most 8 EiB",
                "<memory unit='PiB'>1</memory>        | must be at most 64Ti",
                "<memory unit='KiB'>0</memory>        | guest memory is 0 bytes",
                "<memory unit='KiB'>1</memory><currentMemory>-5</currentMemory> | <currentMemory> is -5",
                "<memory unit='GiB'>1</memory><memtune><hard_limit>-1</hard_limit></memtune> | <hard_limit> is -1",
                "<name>a</name>                       | neither <memory> nor NUMA cells",
            })
    void refusesInvalidMemory(String memory, String message) {
        refuses(domain(memory, GPU), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<video><model type='gop'/></video>           | the type of a display is \"gop\"",
                "<video><model type='vga' vram='-1'/></video> | vram of a display is \"-1\"",
                "<video><model type='qxl' vram64='9999999999'/></video> | vram64 of a qxl is 17592186044416 bytes, must be 0 to 64Gi",
                "<memory model='core'/>                       | the model of a memory device is \"core\"",
                "<memory model='dimm'/>                       | has no <target>",
                "<memory model='dimm'><target><size>-4</size></target></memory> | <size> is -4",
                "<memory model='dimm'><target><size unit='GiB'>9</size></target></memory> | must be more than the 9663676416 of the memory devices",
                "<shmem><size>-1</size></shmem>               | <size> is -1",
                "<shmem><size unit='TiB'>2</size></shmem>     | must have at most 1Ti",
                "<shmem name='s'><model type='ivshmem-doorbell'/><server/></shmem> | the shared memory \"s\" is an ivshmem-doorbell",
            })
    void refusesInvalidDevices(String devices, String message) {
        refuses(domain("<memory unit='GiB'>1</memory>", devices), message);
    }

    @Test
    void refusesMoreDevicesThanAMachineHas() {
        refuses(domain("<memory>1048576</memory>", GPU.repeat(1025)), "there are 1025 devices, must be 0 to 1024");
        refuses(
                domain(
                        "<memory unit='TiB'>64</memory>",
                        GPU + "<memory model='dimm'><target><size unit='TiB'>64</size></target></memory>"),
                "which it includes");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<domain type='xen'/>   | domain type is \"xen\", must be kvm or qemu",
                "<domain/>              | domain type is \"\"",
                "<network/>             | root element is <network>",
                "<domain type='kvm'><os><type arch='alpha'/></os></domain> | arch of the domain is \"alpha\"",
            })
    void refusesOtherDocumentsThanDomainsOfQemu(String document, String message) {
        refuses(document, message);
    }

    private static void refuses(String document, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LibvirtPolicy.plan(read(document)))
                .withMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    private static String domain(String memory, String devices) {
        return "<domain type='kvm'>" + memory + "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
                + devices + "</devices></domain>";
    }

    private static MemlockInput read(String document) {
        return Inputs.read(document.getBytes(StandardCharsets.UTF_8)).input();
    }
}
