package dev.holdfast.memlock;

import dev.holdfast.memlock.MemlockInput.Devices;
import java.util.List;

/**
 * Policy Libvirt: exactly the limit that libvirt 9.3 and later set ({@code qemuDomainGetMemLockLimitBytes} in {@code
 * src/qemu/qemu_domain.c}). It is computed in KiB, from memory sizes as libvirt rounds them at start ({@code
 * qemuDomainAlignMemorySizes}). Devices that libvirt ignores, such as displays, are not included.
 */
public final class LibvirtPolicy {
    public static final String NAME = "Libvirt";

    static final String SOURCE = "libvirt src/qemu/qemu_domain.c, qemuDomainGetMemLockLimitBytes";

    private static final long KIB = 1L << 10;
    private static final long GIB_IN_KIB = 1L << 20;

    /** VIR_DOMAIN_MEMORY_PARAM_UNLIMITED: a hard limit of this size or more means no limit. */
    private static final long UNLIMITED_KIB = Long.MAX_VALUE >> 10;

    private LibvirtPolicy() {}

    /**
     * Terms of libvirt's limit.
     *
     * @param terms     empty if libvirt does not change the limit
     * @param unlimited true if all memory is locked, for which libvirt sets no limit
     */
    public record Sum(List<Term> terms, boolean unlimited) {
        public Sum {
            terms = List.copyOf(terms);
        }

        /** Returns the limit in bytes; 0 if libvirt does not change the inherited limit. */
        public long bytes() {
            return terms.stream().mapToLong(Term::bytes).reduce(0, Math::addExact);
        }
    }

    /**
     * Returns libvirt's limit, together with the required bytes. It can be too low: libvirt adds one GiB for emulated
     * devices, regardless of the number of address spaces.
     *
     * @throws IllegalArgumentException as {@link ExactPolicy#plan}
     */
    public static MemlockPlan plan(MemlockInput input) {
        return plan(input, input);
    }

    /**
     * Returns the limit that libvirt sets for a machine of which it counts other devices than QEMU creates.
     *
     * @param machine machine that QEMU creates
     * @param counted machine that libvirt counts
     * @throws IllegalArgumentException as {@link ExactPolicy#plan}
     */
    public static MemlockPlan plan(MemlockInput machine, MemlockInput counted) {
        MemlockPlan exact = ExactPolicy.plan(machine);
        Sum sum = sum(counted);
        return sum.unlimited() ? exact.unlimited(NAME) : exact.limited(NAME, sum.bytes());
    }

    /**
     * Returns libvirt's terms without the required bytes.
     *
     * @throws IllegalArgumentException if a number is out of range; the message is for the user
     */
    public static Sum sum(MemlockInput input) {
        InputBounds.check(input);
        Long hardLimitBytes = input.memory().hardLimitBytes();
        if (hardLimitBytes != null && LibvirtRounding.toKib(hardLimitBytes) < UNLIMITED_KIB) {
            return new Sum(
                    List.of(new Term(
                            "hard-limit",
                            LibvirtRounding.toKib(hardLimitBytes) * KIB,
                            "memtune/hard_limit replaces all other terms",
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
                        "one GiB for all other mappings, whether or not there are any",
                        "Alex Williamson on libvir-list, 10 November 2015"));
    }

    /** Returns the memory including memory devices at full size, as libvirt rounds it at start, in KiB. */
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
