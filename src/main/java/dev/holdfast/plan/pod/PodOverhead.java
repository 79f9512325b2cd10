package dev.holdfast.plan.pod;

import dev.holdfast.memlock.Term;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.ArrayList;
import java.util.List;

/**
 * What a pod's memory has above the guest's, term by term. All figures are here; each term is whole MiB. {@code make
 * bench ONLY=overhead} measures them, docs/pod-memory.md has what it measured and what cannot be. The margin of the
 * memlock limit is not among them: a limit is not memory.
 */
public final class PodOverhead {
    private static final long MIB = 1L << 20;

    /** QEMU with one vCPU: 24 MiB at its peak, and 22 MiB of program and libraries that are mapped from files. */
    public static final long QEMU_BASE_BYTES = 64 * MIB;

    /** 1.7 MiB at the peak with 64 of them, when firmware looks at the PCI bus; the rest is for KVM's own state of a vCPU. */
    public static final long VCPU_BYTES = 3 * MIB;

    /** Three bitmaps with a bit for each page of 4 KiB are 96 KiB for each GiB. */
    public static final long GUEST_BYTES_PER_BITMAP_BYTE = 8192;

    /** An entry of 8 bytes for each page of 4 KiB, and one for each table of 512 of them. */
    public static final long GUEST_BYTES_PER_TABLE_BYTE = 510;

    /** The stop hook's JVM, whose heap {@code bin/holdfast} bounds: 45 MiB. It runs beside a QEMU with all its memory. */
    public static final long JAVA_HOOK_BYTES = 64 * MIB;

    /** The stop hook without a JVM: less than 1 MiB, and what the container runtime takes to start it. */
    public static final long NATIVE_HOOK_BYTES = 4 * MIB;

    /** For each disk, virtio on a raw file: 2.9 MiB at the peak; with 64 vCPUs 4.0 MiB in steady state. */
    public static final long DISK_BYTES = 5 * MIB;

    /** For each network interface: 3.3 and 5.4 MiB were seen at the peak. */
    public static final long INTERFACE_BYTES = 8 * MIB;

    /** The launcher's JVM at its peak, 77 MiB, with the paused QEMU of its dry-run beside it, 52 MiB. */
    private static final long LAUNCHER_BYTES = 160 * MIB;

    private PodOverhead() {}

    /**
     * The terms for one machine.
     *
     * @param videoBytes RAM of the emulated display
     * @param hook       of the pod
     */
    static List<Term> terms(MachineSpec machine, QemuShape shape, long videoBytes, BarOverhead bars, StopHook hook) {
        int vcpus = machine.processors().count();
        long userBytes = machine.memory().overheadBytes();
        long tables = roundUpToMib(shape.memoryBytes() / GUEST_BYTES_PER_TABLE_BYTE);
        long hugeTables = FirmwareOverhead.tables(machine.memory().pages(), tables);
        int addressSpaces = machine.addressSpaces();
        List<Term> terms = new ArrayList<>(List.of(
                new Term("qemu-base", QEMU_BASE_BYTES, "QEMU's code, heap and device models"),
                new Term("vcpus", vcpus * VCPU_BYTES, "thread and kernel state of %d virtual CPUs".formatted(vcpus)),
                new Term(
                        "dirty-bitmaps",
                        roundUpToMib(shape.memoryBytes() / GUEST_BYTES_PER_BITMAP_BYTE),
                        "QEMU's bitmaps of changed memory, three bits for each 4 KiB"),
                new Term(
                        "page-tables",
                        hugeTables,
                        "QEMU's page tables, 8 bytes for each %s of guest memory"
                                .formatted(machine.memory().pages())),
                new Term("kvm-page-tables", hugeTables, "the second-stage tables of KVM, at the most as many again"),
                new Term(
                        "iommu-page-tables",
                        tables * addressSpaces,
                        addressSpaces == 1
                                ? "the IOMMU's tables for the pinned memory, at the most as many again"
                                : "the IOMMU's tables for the pinned memory, for each of %d devices at the most as many again"
                                        .formatted(addressSpaces)),
                new Term(
                        "stop-hook",
                        hook.bytes(),
                        hook.program() + ", which runs beside QEMU when the VM is stopped")));
        terms.addAll(bars.terms());
        if (videoBytes > 0) {
            terms.add(new Term("video-memory", roundUpToMib(videoBytes), "RAM of the emulated display"));
        }
        terms.addAll(FirmwareOverhead.terms(machine));
        if (!shape.disks().isEmpty()) {
            terms.add(new Term(
                    "disks",
                    shape.disks().size() * DISK_BYTES,
                    "QEMU's side of %d disks".formatted(shape.disks().size())));
        }
        long media = machine.disks().stream()
                .filter(disk -> disk.volume().isMedium())
                .count();
        if (media > 0) {
            terms.add(new Term("media", media * PodVolumes.MEDIUM_BYTES, "ISO images, which lie in memory"));
        }
        if (!shape.nics().isEmpty()) {
            terms.add(new Term("network", shape.nics().size() * INTERFACE_BYTES, "QEMU's emulated network card"));
        }
        if (shape.allowEmulation()) {
            terms.add(new Term(
                    "tcg-code-cache", roundUpToMib(shape.tcgBufferBytes()), "translated code, should KVM be missing"));
        }
        long missing = LAUNCHER_BYTES - machine.memory().smallPageBytes() - bytes(terms);
        if (missing > 0) {
            // The JVM is gone when QEMU starts in its place, so its memory is a floor and not a summand.
            terms.add(new Term(
                    "launcher", roundUpToMib(missing), "the launcher runs before QEMU does and needs 160 MiB in all"));
        }
        if (userBytes > 0) {
            terms.add(new Term("user", roundUpToMib(userBytes), "spec.memory.overhead"));
        }
        return terms;
    }

    static long bytes(List<Term> terms) {
        return terms.stream().mapToLong(Term::bytes).sum();
    }

    static long roundUpToMib(long bytes) {
        return (bytes + MIB - 1) / MIB * MIB;
    }
}
