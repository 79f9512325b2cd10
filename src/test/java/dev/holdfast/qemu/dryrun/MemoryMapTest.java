package dev.holdfast.qemu.dryrun;

import static dev.holdfast.qemu.dryrun.Captured.GUEST_BYTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.memlock.ExactPolicy;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockInput.Accounting;
import dev.holdfast.memlock.MemlockInput.Emulated;
import dev.holdfast.memlock.MemlockInput.Firmware;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.testbed.fixtures.MemlockInputBuilder;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sums of captured machines, and of the same machines in the output of other versions of QEMU. */
class MemoryMapTest {
    private static final long PAGE = 4096;

    @ParameterizedTest
    @CsvSource({
        // machine, bytes above guest RAM
        "headless, 262144",
        "ramfb, 262144",
        "intel-iommu, 262144",
        "virtio-iommu, 262144",
        "vga, 16973824",
        "vga-64mi, 67305472",
        "virtio-vga, 8585216",
        "bochs, 17072128",
        "qxl, 134422528",
        // A memory module counts like RAM; shared memory appears with its BAR.
        "dimm, 268697600",
        "ivshmem, 4456448",
        // The display's 16 MiB and 64 KiB of ROM, less the 128 KiB that it hides, and 256 KiB of the network card's
        // ROM.
        "ovmf-vga-net, 16973824"
    })
    void sumsWhatIsMappedAndWhatFirmwareWillMap(String machine, long aboveGuestBytes) {
        assertThat(Captured.map(machine).bytes(PAGE)).isEqualTo(GUEST_BYTES + aboveGuestBytes);
    }

    @Test
    void theNetworkCardsRomVanishesOnceFirmwareHasReadIt() {
        assertThat(Captured.view("ovmf-vga-net-after-firmware").mappedBytes(PAGE))
                .isEqualTo(GUEST_BYTES + 16711680);
    }

    @Test
    void countsTheRequestedSizeOfVirtioMem() {
        MemoryMap blind = Captured.map("virtio-mem");
        MemoryMap map = new MemoryMap(blind.view(), blind.blocks(), Captured.virtioMems("virtio-mem"));

        assertThat(blind.bytes(PAGE)).isEqualTo(GUEST_BYTES + 262144 + (1L << 30));
        assertThat(map.bytes(PAGE)).isEqualTo(GUEST_BYTES + 262144 + (256L << 20));
    }

    /** With the maximum size of each block; the flash of this machine has 4 MiB, and 8 are counted, twice. */
    @ParameterizedTest
    @CsvSource({"headless, SEABIOS, NONE, 0, 256", "vga, SEABIOS, VGA, 0, 512", "ovmf-vga-net, FLASH, VGA, 1, 12800"})
    void anSevGuestRegistersNoMoreThanTheModelCounts(
            String machine, Firmware firmware, Video video, int nics, long mostKibMore) {
        long registered = Captured.text(machine + ".ramblock")
                .lines()
                .skip(1)
                .map(line -> line.strip().replaceAll(".*0x", ""))
                .mapToLong(bytes -> Long.parseLong(bytes, 16))
                .sum();
        MemlockInput input = MemlockInputBuilder.guest(GUEST_BYTES)
                .pageBytes(PAGE)
                .firmware(firmware)
                .video(video, null)
                .devices(0)
                .build()
                .with(new Emulated(nics, List.of()))
                .with(Accounting.TYPE1.registering(true));

        assertThat(ExactPolicy.plan(input).requiredBytes()).isBetween(registered, registered + mostKibMore * 1024);
    }

    /** The backend of virtio-pmem, which QEMU does not migrate, has no name. */
    @Test
    void readsABlockWithoutAName() {
        MemoryMap plain = Captured.map("headless");
        List<RamBlock> blocks = RamBlock.of(Captured.text("headless.ramblock")
                + "            4 KiB  0x0000000008300000 0x0000000004000000 0x0000000004000000\n");
        FlatView shown = FlatView.ofSystemMemory(Captured.text("headless.mtree")
                .replace(
                        "  00000000fec00000-",
                        "  0000000010000000-0000000013ffffff (prio 0, nv-ram): pmem0\r\n  00000000fec00000-"));

        assertThat(new MemoryMap(shown, blocks, List.of()).bytes(PAGE)).isEqualTo(plain.bytes(PAGE) + (64L << 20));
        assertThat(new MemoryMap(plain.view(), blocks, List.of()).bytes(PAGE))
                .isEqualTo(plain.bytes(PAGE) + (64L << 20));
    }

    /** Each is a page that the guest places over one of its RAM pages, at an address that it chooses. */
    @Test
    void countsThePagesOfHypervsInterruptControllerAsRamThatTheyReplace() {
        MemoryMap plain = Captured.map("headless");
        StringBuilder blocks = new StringBuilder(Captured.text("headless.ramblock"));
        for (int cpu = 0; cpu < 12; cpu++) {
            for (String page : List.of("msg", "event")) {
                blocks.append(
                        "       synic-%d-%s-page    4 KiB  0x0000000020000000 0x0000000000001000 0x0000000000001000\n"
                                .formatted(cpu, page));
            }
        }
        // Two of them are shown: the guest has enabled them.
        String enabled = Captured.text("headless.mtree")
                .replace(
                        "  0000000000100000-0000000007ffffff (prio 0, ram): ram0 @0000000000100000",
                        String.join(
                                "\r\n",
                                "  0000000000100000-0000000007efffff (prio 0, ram): ram0 @0000000000100000",
                                "  0000000007f00000-0000000007f00fff (prio 0, ram): synic-0-msg-page",
                                "  0000000007f01000-0000000007f01fff (prio 0, ram): synic-0-event-page",
                                "  0000000007f02000-0000000007ffffff (prio 0, ram): ram0 @0000000007f02000"));

        List<RamBlock> withPages = RamBlock.of(blocks.toString());
        assertThat(new MemoryMap(plain.view(), withPages, List.of()).bytes(PAGE))
                .isEqualTo(plain.bytes(PAGE));
        assertThat(enabled).contains("synic-0-msg-page");
        assertThat(new MemoryMap(FlatView.ofSystemMemory(enabled), withPages, List.of()).bytes(PAGE))
                .isEqualTo(plain.bytes(PAGE));
    }

    /** With dynamic memory slots (8.2) it is not mapped before it is plugged. */
    @Test
    void countsTheSameForAVirtioMemThatIsNotMappedYet() {
        MemoryMap blind = Captured.map("virtio-mem");
        FlatView without = new FlatView(blind.view().ranges().stream()
                .filter(range -> !range.region().equals("vmem0"))
                .toList());

        assertThat(new MemoryMap(without, blind.blocks(), Captured.virtioMems("virtio-mem")).bytes(PAGE))
                .isEqualTo(GUEST_BYTES + 262144 + (256L << 20));
    }

    /** Since 8.0 {@code info ramblock} has two more columns. */
    @Test
    void readsBlocksWithTheirHostAddress() {
        List<RamBlock> blocks = RamBlock.of("""
                              Block Name    PSize              Offset               Used              Total                HVA  RO
                                    mem0    2 MiB  0x0000000000000000 0x0000000300000000 0x0000000300000000 0x00007fe9c7c00000  rw
                    /rom@etc/acpi/tables    4 KiB  0x0000000301100000 0x0000000000020000 0x0000000000200000 0x00007fe9b4400000  ro
                0000:00:05.0/virtio-net-pci.rom    4 KiB  0x0000000300080000 0x0000000000040000 0x0000000000040000 0x00007fe9c5600000  ro
                """);

        assertThat(blocks)
                .containsExactly(
                        new RamBlock("mem0", 12L << 30),
                        new RamBlock("/rom@etc/acpi/tables", 131072),
                        new RamBlock("0000:00:05.0/virtio-net-pci.rom", 262144));
    }

    /** With KVM each range that it has is shown with its name, in one case with two names. */
    @ParameterizedTest
    @CsvSource({"KVM", "kvm:tcg"})
    void readsRangesWithTheirAcceleratorsName(String accelerator) {
        String mtree = Pattern.compile("(\\): (?:ram0|pc\\.\\w+)[^\\r\\n]*)")
                .matcher(Captured.text("vga.mtree"))
                .replaceAll("$1 " + accelerator);

        assertThat(mtree).contains("ram0 @0000000000100000 " + accelerator + "\r\n");
        assertThat(FlatView.ofSystemMemory(mtree)).isEqualTo(Captured.view("vga"));
    }

    /** Since 9.1 flash is shown below 1 MiB as a read-only alias of the type rom; it is still not RAM. */
    @Test
    void excludesFlashWhateverItsType() {
        String mtree = Captured.text("ovmf-vga-net.mtree")
                .replace("(prio 1, rom): isa-bios", "(prio 1, rom): system.flash0 @000000000035c000");

        assertThat(FlatView.ofSystemMemory(mtree).mappedBytes(PAGE))
                .isEqualTo(Captured.view("ovmf-vga-net").mappedBytes(PAGE) - 131072);
    }

    @Test
    void mapsNonVolatileMemoryAndNeitherDevicesNorTheirRam() {
        FlatView view = FlatView.ofSystemMemory("""
                FlatView #0
                 AS "memory", root: system
                 Root memory region: system
                  0000000000000000-0000000000000fff (prio 0, nv-ram): a
                  0000000000001000-0000000000001fff (prio 0, nv-rom): b
                  0000000000002000-0000000000002fff (prio -1, i/o): c d @0000000000000010
                  0000000000003000-0000000000003fff (prio 0, ramd): e
                  0000000000004000-0000000000004fff (prio 0, romd): f
                  fffffffffffff000-ffffffffffffffff (prio 0, i/o): g
                """);

        assertThat(view.mappedBytes(PAGE)).isEqualTo(2 * PAGE);
    }

    @Test
    void mapsWholePagesOnly() {
        FlatView view = FlatView.ofSystemMemory("""
                FlatView #0
                 AS "memory", root: system
                  0000000000000800-0000000000003fff (prio 0, ram): a
                  0000000000004000-00000000000047ff (prio 0, rom): b
                """);

        assertThat(view.mappedBytes(PAGE)).isEqualTo(3 * PAGE);
        assertThat(view.mappedBytes(0x10000)).isZero();
    }

    /** Otherwise it would be counted as a range and, with its other name, again as memory that is mapped later. */
    @Test
    void refusesMemoryThatHasNoBlock() {
        MemoryMap map = Captured.map("headless");
        List<RamBlock> renamed = map.blocks().stream()
                .map(block -> new RamBlock(block.name().replace("ram0", "ram1"), block.bytes()))
                .toList();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MemoryMap(map.view(), renamed, List.of()).bytes(PAGE))
                .withMessageContaining("shows the memory \"ram0\", but info ramblock has no such block");
    }

    @Test
    void refusesSumsThatNoMachineHas() {
        MemoryMap map = Captured.map("virtio-mem");
        VirtioMem huge = new VirtioMem(1L << 32, 1L << 30, (1L << 53) - 1, "vmem0");
        VirtioMem real = Captured.virtioMems("virtio-mem").getFirst();
        VirtioMem empty = new VirtioMem(real.start() - (1L << 32), 8L << 30, 0, "vmem0");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MemoryMap(map.view(), map.blocks(), List.of(huge, huge)).bytes(PAGE))
                .withMessageContaining("at least");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MemoryMap(map.view(), map.blocks(), List.of(empty, empty)).bytes(PAGE))
                .withMessageContaining("in total");
    }
}
