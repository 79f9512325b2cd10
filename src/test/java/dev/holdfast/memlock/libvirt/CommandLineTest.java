package dev.holdfast.memlock.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.CaseCount;
import dev.holdfast.memlock.ExactPolicy;
import dev.holdfast.memlock.LibvirtPolicy;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockInput.Backend;
import dev.holdfast.memlock.MemlockInput.Devices;
import dev.holdfast.memlock.MemlockInput.Display;
import dev.holdfast.memlock.MemlockInput.MemoryModule;
import dev.holdfast.memlock.MemlockInput.MemoryModule.Kind;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.memlock.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the reader of arguments that libvirt passes to QEMU. */
class CommandLineTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-device | vfio-pci,host=0000:01:00.0                    | 1 | false",
                "-device | driver=vfio-pci,host=0000:01:00.0             | 1 | false",
                "-device | vfio-pci-nohotplug,host=01:00.0               | 1 | false",
                "-device | {\"driver\":\"vfio-pci\",\"host\":\"01:00.0\"} | 1 | false",
                "--device | vfio-pci,host=01:00.0                        | 1 | false",
                "-device | vfio-user-pci,socket=x                        | 0 | false",
                "-device | intel-iommu,intremap=on                       | 0 | true",
                "-device | virtio-iommu-pci                              | 0 | true",
                "-device | {\"driver\":\"amd-iommu\"}                    | 0 | true",
                "-machine | virt,iommu=smmuv3                            | 0 | true",
                "-machine | q35,accel=kvm                                | 0 | false",
            })
    void readsHostDevicesAndIommus(String option, String value, int vfio, boolean viommu) {
        Domain domain = Inputs.withWords(List.of(option, value));

        assertThat(domain.input().devices()).isEqualTo(Devices.vfio(vfio, viommu));
        assertThat(domain.libvirtInput().devices()).isEqualTo(Devices.vfio(0, false));
        assertThat(domain.notes()).isEmpty();
    }

    @Test
    void readsAnOptionInOneWord() {
        assertThat(Inputs.inputWithWords("-device=vfio-pci,host=01:00.0").devices())
                .isEqualTo(Devices.vfio(1, false));
    }

    /** A doubled comma is part of the value and does not end it. */
    @Test
    void readsQuotedCommas() {
        MemlockInput input = Inputs.inputWithWords(
                "-object",
                "memory-backend-file,size=16M,mem-path=/x,,size=9T,id=a,,size=1G",
                "-device",
                "ivshmem-plain,memdev=a,,size=1G");

        assertThat(input.emulated().ramBarBytes()).containsExactly(16 * MIB);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "4096                     | 4294967296",
                "4G                       | 4294967296",
                "size=1.5g                | 1610612736",
                "2048,slots=2,maxmem=8G   | 2147483648",
                "0x400                    | 1073741824",
                "slots=2,maxmem=8G        | 1073741824",
            })
    void usesTheLastSizeOfMemory(String value, long bytes) {
        assertThat(Inputs.inputWithWords("-m", value).guestBytes()).isEqualTo(bytes);
        assertThat(Inputs.withWords(List.of("-m", value)).libvirtInput().guestBytes())
                .isEqualTo(GIB);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mem-lock=on", "cpu-pm=on,mem-lock=on", "mem-lock=on-fault"})
    void setsNoLimitForLockedMemory(String value) {
        Domain domain = Inputs.withWords(List.of("-overcommit", value));

        assertThat(domain.plan(Policy.EXACT, null).unlimited()).isTrue();
        assertThat(domain.plan(Policy.LIBVIRT, null).unlimited()).isFalse();
        assertThat(domain.notes()).singleElement().asString().contains("which libvirt does not count");
        assertThat(Inputs.inputWithWords("-overcommit", "mem-lock=off").memory().locked())
                .isFalse();
    }

    @Test
    void readsMemoryDevices() {
        MemlockInput input = Inputs.inputWithWords(
                "-device", "virtio-mem-pci,memdev=v,requested-size=256M",
                "-device", "nvdimm,memdev=n,label-size=128K",
                "-object", "memory-backend-ram,id=v,size=1G",
                "-object", "{\"qom-type\":\"memory-backend-ram\",\"id\":\"n\",\"size\":536870912}");

        assertThat(input.memory().modules())
                .containsExactly(
                        new MemoryModule(Kind.VIRTIO_MEM, GIB, 0, 256 * MIB, 0),
                        new MemoryModule(Kind.NVDIMM, 512 * MIB, 128 << 10, 0, 0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "VGA,vgamem_mb=64            | VGA           | 67108864",
                "bochs-display,vgamem=32M    | BOCHS         | 33554432",
                "qxl,ram_size_mb=256         | QXL_SECONDARY | 335552512",
                "qxl-vga,ram_size=67108864,vram64_size_mb=128 | QXL | 201334784",
                "virtio-vga-gl               | VIRTIO        |",
                "virtio-gpu-pci              | VIRTIO_GPU    |",
                "ramfb                       | RAMFB         |",
            })
    void readsDisplays(String device, Video video, @Nullable Long bytes) {
        assertThat(Inputs.inputWithWords("-device", device).displays()).containsExactly(new Display(video, bytes));
    }

    @Test
    void readsOtherDevicesThatPinMemory() {
        MemlockInput input = Inputs.inputWithWords(
                "-blockdev", "{\"driver\":\"raw\",\"file\":{\"driver\":\"nvme\",\"device\":\"0000:01:00.0\"}}",
                "-drive", "file=nvme://0000:02:00.0/1,if=none",
                "-netdev", "vhost-vdpa,vhostdev=/dev/vhost-vdpa-0,id=n",
                "-blockdev", "driver=virtio-blk-vhost-vdpa,path=/dev/vhost-vdpa-1,node-name=d",
                "-device", "e1000e",
                "-device", "virtio-net-pci,romfile=");

        assertThat(input.devices()).isEqualTo(new Devices(0, 2, 1, 1, false, false));
        assertThat(input.emulated().nicRoms()).isEqualTo(1);
    }

    /** QEMU opens iommufd itself, so the kernel charges QEMU's user. */
    @Test
    void chargesTheUserForIommufdOfTheCommandLine() {
        MemlockInput input = Inputs.inputWithWords(
                "-object",
                "iommufd,id=i",
                "-device",
                "vfio-pci,host=01:00.0,iommufd=i",
                "-device",
                "vfio-pci,host=02:00.0");

        assertThat(input.accounting().backend()).isEqualTo(Backend.IOMMUFD_USER);
        assertThat(input.accounting().containerDevices()).isEqualTo(1);
        assertThat(input.devices().vfio()).isEqualTo(2);
    }

    @Test
    void registersTheRamOfAnSevGuestOfTheCommandLine() {
        Domain domain = Inputs.withWords(
                List.of("-object", "sev-guest,id=s,cbitpos=47", "-machine", "confidential-guest-support=s"));

        assertThat(domain.input().accounting().registersRam()).isTrue();
        assertThat(domain.plan(Policy.EXACT, null).requiredBytes()).isGreaterThan(GIB);
        assertThat(domain.notes()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "stray",
                "-device",
                "-device {\"driver\":",
                "-device no-such-device,size=64G",
                "-device acpi-erst,memdev=e",
                "-device nvme,pmrdev=p,serial=1",
                "-device ivshmem-doorbell,chardev=c",
                "-device pc-dimm,memdev=elsewhere",
                "-object memory-backend-ram,id=spare,size=1G",
                "-global VGA.vgamem_mb=256",
                "-set device.video0.ram_size_mb=512",
                "-machine default-bus-bypass-iommu=on",
                "-no-such-option value",
                "-readconfig /etc/qemu.conf",
                "-bios /tmp/bios.bin",
                "-vga std",
                "-mem-path /dev/hugepages",
                "-mem-prealloc",
                "-object tdx-guest,id=t",
            })
    void notesArgumentsThatAreNotCounted(String words) {
        Domain domain = Inputs.withWords(List.of(words.split(" ")));

        assertThat(domain.notes()).singleElement().asString().isNotBlank().doesNotContain("\n");
        assertThat(domain.input().devices()).isEqualTo(Devices.vfio(0, false));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-cpu host,hv-synic=on",
                "-global ICH9-LPC.disable_s3=1",
                "-device pcie-root-port,id=r",
                "-device usb-tablet",
                "-fw_cfg name=opt/x,string=1",
                "-object rng-random,id=r,filename=/dev/urandom",
                "-S",
                "-smp 4",
            })
    void hasNoNoteOnArgumentsThatMapNoMemory(String words) {
        assertThat(Inputs.withWords(List.of(words.split(" "))).notes()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-m     | lots                                  | -m of the command line is \"lots\", must be a size such as 4G",
                "-m     | 65T                                   | must be at most 64T",
                "-m     | 99999999999999999999999               | must be a size",
                "-object | memory-backend-ram,id=a,size=-1      | size of the memory backend \"a\" of the command line is \"-1\"",
                "-object | memory-backend-ram,id=a              | is \"\", must be a size",
                "-device | qxl,ram_size_mb=99999999999          | must be a number of at most 10 digits",
                "-device | VGA,vgamem_mb=9999999999             | must be a power of two for vga, from 1Mi to 256Mi",
            })
    void refusesInvalidSizes(String option, String value, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ExactPolicy.plan(Inputs.inputWithWords(option, value)))
                .withMessageContaining(message);
    }

    @Test
    void limitsTheNumberOfNotes() {
        List<String> words = Stream.iterate(0, i -> i + 1)
                .limit(5000)
                .flatMap(i -> Stream.of("-device", "unknown-" + i))
                .toList();

        assertThat(Inputs.withWords(words).notes()).hasSize(51).last().isEqualTo("4950 more of this kind");
    }

    /** Tests command lines, twenty thousand by {@code make fuzz}, composed at random of meaningful words. */
    @ParameterizedTest
    @ValueSource(longs = {1, 20261130})
    void failsOnlyWithAMessage(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < CaseCount.of(3_000, 10_000); i++) {
            List<String> words = words(random);
            try {
                Domain domain = Inputs.withWords(words);
                ExactPolicy.plan(domain.input());
                LibvirtPolicy.plan(domain.input(), domain.libvirtInput());
                assertThat(domain.notes())
                        .allSatisfy(note -> assertThat(note)
                                .isNotBlank()
                                .hasSizeLessThan(400)
                                .doesNotContainPattern("[\\p{Cntrl}\u202e]"));
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage())
                        .as("seed %d, number %d: %s", seed, i, words)
                        .isNotBlank()
                        .doesNotContainPattern("[\\p{Cntrl}\u202e]");
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("seed %d, number %d: %s".formatted(seed, i, words), e);
            }
        }
    }

    private static List<String> words(Random random) {
        String[] pieces = {
            "-device",
            "-object",
            "-m",
            "-overcommit",
            "-machine",
            "--device",
            "-numa",
            "-blockdev",
            "-global",
            "vfio-pci",
            "intel-iommu",
            "ivshmem-plain",
            "qxl-vga",
            "VGA",
            "memory-backend-ram",
            "pc-dimm",
            "virtio-mem-pci",
            ",",
            ",,",
            "=",
            "size=",
            "id=a",
            "memdev=a",
            "mem-lock=on",
            "9223372036854775807",
            "-1",
            "64T",
            "0",
            "1.5G",
            "0xffffffffffffffff",
            "{",
            "}",
            "\"driver\":",
            "\"vfio-pci\"",
            "[[[[",
            "vgamem_mb=",
            "ram_size=",
            "maxmem=",
            "requested-size=",
            "label-size=1E",
            "\u202e",
            "\u0085",
            "\ud83d\ude00",
            "romfile=x",
            "iommufd=b",
            "-",
            "--",
            "-=",
            "é"
        };
        List<String> words = new ArrayList<>();
        for (int n = random.nextInt(8); n >= 0; n--) {
            StringBuilder word = new StringBuilder();
            for (int p = random.nextInt(5); p >= 0; p--) {
                word.append(pieces[random.nextInt(pieces.length)]);
            }
            words.add(random.nextInt(3) == 0 ? pieces[random.nextInt(9)] : word.toString());
        }
        return words;
    }
}
