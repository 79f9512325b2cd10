package dev.holdfast.truth;

import dev.holdfast.memlock.MemlockInput.GuestMemory;
import dev.holdfast.memlock.MemlockInput.MemoryModule;
import dev.holdfast.memlock.MemlockInput.Ram;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.qemu.shape.QemuShape.Iommu;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Every kind of machine whose account is worth a look. Guests are small because all of their memory is really taken from
 * the node, and emulated twice over; what the sum depends on is not the size.
 */
public final class Scenarios {
    private static final long MIB = 1L << 20;
    private static final long GUEST = 256 * MIB;

    /** The devices of src/test/virtual-node. */
    private static final List<String> GPU_A = List.of("0000:01:00.0", "0000:01:00.1");

    private static final List<String> GPU_B = List.of("0000:02:00.0");
    private static final List<String> EDU = List.of("0000:04:00.0");

    private static final Set<String> IN_EVERY_BUILD = Set.of("q35", "vga", "intel-iommu", "dimm");

    private Scenarios() {}

    public static List<Scenario> all() {
        Machine plain = Machine.of(GUEST, GPU_B);
        Machine ovmf = plain.with(Firmware.OVMF);
        return List.of(
                plain.scenario("q35", "q35, no display"),
                pc(plain).scenario("pc", "pc, no display"),
                plain.with(Video.VGA, null).scenario("vga", "VGA"),
                plain.with(Video.VGA, 64 * MIB).scenario("vga-64", "VGA with 64 MiB"),
                plain.with(Video.VIRTIO, null).scenario("virtio-vga", "virtio-vga"),
                // Not together with GPU B, a VGA: SeaBIOS reads the ROM of another display only without one.
                plain.with(EDU).with(Video.BOCHS, null).scenario("bochs", "bochs-display"),
                plain.with(Video.RAMFB, null).scenario("ramfb", "ramfb"),
                ovmf.scenario("ovmf", "OVMF, no display"),
                ovmf.with(Video.VGA, null).scenario("ovmf-vga", "OVMF, VGA"),
                plain.with(GPU_A, GPU_B).scenario("two-devices", "two devices"),
                plain.with(GPU_A, GPU_B, EDU).scenario("three-devices", "three devices"),
                plain.with(GPU_A, GPU_B).with(Iommu.INTEL).scenario("intel-iommu", "two devices, intel-iommu"),
                plain.with(GPU_A, GPU_B).with(Iommu.VIRTIO).scenario("virtio-iommu", "two devices, virtio-iommu"),
                plain.with(GPU_A).scenario("multifunction", "a group of two functions"),
                hugePages(plain).scenario("hugepages", "huge pages of 2 MiB"),
                dimm(plain).scenario("dimm", "a dimm of 128 MiB"),
                Machine.of(129 * MIB, GPU_B).scenario("129-mib", "129 MiB"),
                Machine.of(100_000_001, GPU_B).scenario("odd-bytes", "100000001 bytes"));
    }

    /** Four that differ in what is charged: {@code make test} has no time for all. */
    public static Stream<Scenario> inEveryBuild() {
        return all().stream().filter(scenario -> IN_EVERY_BUILD.contains(scenario.name()));
    }

    /** The machine type before PCI Express: no root ports. */
    private static Machine pc(Machine machine) {
        return machine.changed(argv -> Stream.concat(
                        withoutDevices(argv).stream().map(word -> word.replaceFirst("^q35,", "pc,")),
                        Stream.of("-device", "vfio-pci,host=" + GPU_B.getFirst()))
                .toList());
    }

    private static List<String> withoutDevices(List<String> argv) {
        return argv.subList(0, argv.indexOf("-device"));
    }

    private static Machine hugePages(Machine machine) {
        long pageBytes = 2 * MIB;
        GuestMemory memory = new GuestMemory(List.of(new Ram(GUEST, pageBytes)), List.of(), null, null, false);
        return machine.with(memory, (int) (GUEST / pageBytes))
                .changed(argv -> argv.stream()
                        .map(word -> word.replaceFirst(
                                "^memory-backend-ram,id=ram0",
                                "memory-backend-memfd,hugetlb=on,hugetlbsize=2M,id=ram0"))
                        .toList());
    }

    private static Machine dimm(Machine machine) {
        MemoryModule dimm = new MemoryModule(MemoryModule.Kind.DIMM, 128 * MIB, 0, 0, 0);
        GuestMemory memory = new GuestMemory(List.of(new Ram(GUEST, 0)), List.of(dimm), 2 * GUEST, null, false);
        return machine.with(memory, 0)
                .plus("-m", "size=%dM,slots=1,maxmem=%dM".formatted(GUEST / MIB, 2 * GUEST / MIB))
                .plus("-object", "memory-backend-ram,id=dimm-ram,size=" + dimm.bytes())
                .plus("-device", "pc-dimm,id=dimm0,memdev=dimm-ram");
    }
}
