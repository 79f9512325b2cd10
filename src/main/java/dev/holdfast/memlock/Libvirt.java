package dev.holdfast.memlock;

import dev.holdfast.memlock.MemlockInput.Devices;
import java.util.List;

/**
 * The policy Libvirt: bit for bit what libvirt 9.3 and later set, {@code qemuDomainGetMemLockLimitBytes} of
 * {@code src/qemu/qemu_domain.c}. It counts in KiB and takes memory as it is after the rounding at start
 * ({@code qemuDomainAlignMemorySizes}). What libvirt does not look at, such as displays, is not in it.
 */
public final class Libvirt {
    public static final String NAME = "Libvirt";

    static final String SOURCE = "libvirt src/qemu/qemu_domain.c, qemuDomainGetMemLockLimitBytes";

    private static final long KIB = 1L << 10;
    private static final long GIB_IN_KIB = 1L << 20;

    /** VIR_DOMAIN_MEMORY_PARAM_UNLIMITED: a hard limit from here on is none. */
    private static final long UNLIMITED_KIB = Long.MAX_VALUE >> 10;

    private Libvirt() {}

    /**
     * What libvirt adds up.
     *
     * @param terms     empty when libvirt leaves the limit alone
     * @param unlimited the memory is locked as a whole, so libvirt lifts the limit
     */
    public record Sum(List<Term> terms, boolean unlimited) {
        public Sum {
            terms = List.copyOf(terms);
        }

        /** 0 leaves the inherited limit alone. */
        public long bytes() {
            return terms.stream().mapToLong(Term::bytes).reduce(0, Math::addExact);
        }
    }

    /**
     * The limit, beside what is required. It may be too small: libvirt's gibibyte for emulated devices is one, however
     * many address spaces there are.
     *
     * @throws IllegalArgumentException as {@link Exact#plan}
     */
    public static MemlockPlan plan(MemlockInput input) {
        return plan(input, input);
    }

    /**
     * Computes the limit that libvirt sets for a machine of which it knows less, or counts more, than QEMU makes.
     *
     * @param machine what QEMU makes
     * @param counted what libvirt counts
     * @throws IllegalArgumentException as {@link Exact#plan}
     */
    public static MemlockPlan plan(MemlockInput machine, MemlockInput counted) {
        MemlockPlan exact = Exact.plan(machine);
        Sum sum = sum(counted);
        return sum.unlimited() ? exact.unlimited(NAME) : exact.limited(NAME, sum.bytes());
    }

    /**
     * The same by itself.
     *
     * @throws IllegalArgumentException with one sentence about the first number that no machine has
     */
    public static Sum sum(MemlockInput input) {
        Limits.check(input);
        Long hardLimitBytes = input.memory().hardLimitBytes();
        if (hardLimitBytes != null && LibvirtRounding.toKib(hardLimitBytes) < UNLIMITED_KIB) {
            return new Sum(
                    List.of(new Term(
                            "hard-limit",
                            LibvirtRounding.toKib(hardLimitBytes) * KIB,
                            "memtune/hard_limit is taken before anything else",
                            SOURCE)),
                    false);
        }
        if (input.memory().locked()) {
            return new Sum(List.of(), true);
        }
        if (input.platform().architecture().power() && input.platform().kvm()) {
            return new Sum(LibvirtPower.terms(input, totalKib(input)), false);
        }
        return new Sum(generic(input.devices(), totalKib(input)), false);
    }

    private static List<Term> generic(Devices devices, long totalKib) {
        if (devices.vfio() + devices.nvmeDisks() + devices.vdpa() == 0) {
            return List.of();
        }
        int vfio = devices.viommu() ? devices.vfio() : Math.min(1, devices.vfio());
        int factor = devices.vdpa() + devices.nvmeDisks() + vfio;
        return List.of(
                new Term(
                        "memory-maps",
                        Math.multiplyExact(factor * totalKib, KIB),
                        "%d times the total memory of %d KiB: %d for VFIO, %d for nvme disks, %d for vdpa"
                                .formatted(factor, totalKib, vfio, devices.nvmeDisks(), devices.vdpa()),
                        SOURCE),
                new Term(
                        "fudge",
                        GIB_IN_KIB * KIB,
                        "one GiB for whatever else is mapped, whether or not something is",
                        "Alex Williamson on libvir-list, 10 November 2015"));
    }

    /** All memory with its devices at full size, as rounded at start. */
    private static long totalKib(MemlockInput input) {
        Architecture architecture = input.platform().architecture();
        long ram = input.memory().ram().stream()
                .mapToLong(backend -> LibvirtRounding.ramBytes(backend.bytes(), architecture))
                .sum();
        long modules = input.memory().modules().stream()
                .mapToLong(module -> LibvirtRounding.moduleBytes(module, architecture))
                .sum();
        return (ram + modules) / KIB;
    }
}
