package dev.holdfast.plan.pod;

import dev.holdfast.memlock.Term;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.ArrayList;
import java.util.List;

/**
 * Terms of a pod's memory in addition to the guest's. All figures are defined here; each term is whole MiB. {@code make
 * bench ONLY=overhead} measures them; docs/pod-memory.md has the results, and the figures that cannot be measured. The
 * margin of the memlock limit is not included, because a limit is not memory.
 */
public final class PodOverhead {
    private static final long MIB = 1L << 20;

    /** QEMU with one vCPU: 24 MiB at its peak, and 22 MiB of program and libraries mapped from files. */
    public static final long QEMU_BASE_BYTES = 64 * MIB;

    /** 1.7 MiB at the peak with 64 vCPUs, when firmware scans the PCI bus; the rest is for KVM's state of a vCPU. */
    public static final long VCPU_BYTES = 3 * MIB;

    /** Three bitmaps with a bit for each page of 4 KiB take 96 KiB for each GiB. */
    public static final long GUEST_BYTES_PER_BITMAP_BYTE = 8192;

    /** An entry of 8 bytes for each page of 4 KiB, and one for each table of 512 of them. */
    public static final long GUEST_BYTES_PER_TABLE_BYTE = 510;

    /** The stop hook's JVM, whose heap {@code bin/holdfast} limits: 45 MiB. It runs while QEMU still has all its memory. */
    public static final long JAVA_HOOK_BYTES = 64 * MIB;

    /** The stop hook without a JVM: less than 1 MiB, and the memory of the container runtime that starts it. */
    public static final long NATIVE_HOOK_BYTES = 4 * MIB;

    /** Each disk, virtio on a raw file: 2.9 MiB at the peak; with 64 vCPUs 4.0 MiB in steady state. */
    public static final long DISK_BYTES = 5 * MIB;

    /** Each network interface: 3.3 and 5.4 MiB were measured at the peak. */
    public static final long INTERFACE_BYTES = 8 * MIB;

    /** The launcher's JVM at its peak, 77 MiB, and the paused QEMU of its dry-run, 52 MiB. */
    private static final long LAUNCHER_BYTES = 160 * MIB;

    private PodOverhead() {}

    /**
     * Returns the terms for a machine.
     *
     * @param videoBytes RAM of the emulated display
     * @param hook       stop hook of the pod
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
                        "QEMU's bitmaps of dirty pages, three bits for each 4 KiB"),
                new Term(
                        "page-tables",
                        hugeTables,
                        "QEMU's page tables, 8 bytes for each %s of guest memory"
                                .formatted(machine.memory().pages())),
                new Term("kvm-page-tables", hugeTables, "KVM's second-stage page tables, at most as much again"),
                new Term(
                        "iommu-page-tables",
                        tables * addressSpaces,
                        addressSpaces == 1
                                ? "IOMMU page tables for the pinned memory, at most as much again"
                                : "IOMMU page tables for the pinned memory, at most as much again for each of %d devices"
                                        .formatted(addressSpaces)),
                new Term(
                        "stop-hook",
                        hook.bytes(),
                        hook.program() + ", which runs in addition to QEMU when the VM is stopped")));
        terms.addAll(bars.terms());
        if (videoBytes > 0) {
            terms.add(new Term("video-memory", roundUpToMib(videoBytes), "RAM of the emulated display"));
        }
        terms.addAll(FirmwareOverhead.terms(machine));
        if (!shape.disks().isEmpty()) {
            terms.add(new Term(
                    "disks",
                    shape.disks().size() * DISK_BYTES,
                    "QEMU's state of %d disks".formatted(shape.disks().size())));
        }
        long media = machine.disks().stream()
                .filter(disk -> disk.volume().isMedium())
                .count();
        if (media > 0) {
            terms.add(new Term("media", media * DiskVolumes.MEDIUM_BYTES, "ISO images, which are kept in memory"));
        }
        if (!shape.nics().isEmpty()) {
            terms.add(new Term("network", shape.nics().size() * INTERFACE_BYTES, "QEMU's emulated network card"));
        }
        if (shape.allowEmulation()) {
            terms.add(new Term(
                    "tcg-code-cache", roundUpToMib(shape.tcgBufferBytes()), "translated code, used only without KVM"));
        }
        long missing = LAUNCHER_BYTES - machine.memory().smallPageBytes() - bytes(terms);
        if (missing > 0) {
            // QEMU replaces the JVM, so the JVM's memory is a minimum and not a summand.
            terms.add(new Term(
                    "launcher", roundUpToMib(missing), "the launcher runs before QEMU and needs 160 MiB in total"));
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
