package dev.holdfast.memlock;

import dev.holdfast.memlock.MemlockInput.MemoryModule;

/** Rounding of memory as libvirt does it before it starts a guest: {@code qemuDomainAlignMemorySizes}. */
public final class LibvirtRounding {
    private static final long MIB_IN_KIB = 1L << 10;
    private static final long POWER_KIB = 256 * MIB_IN_KIB;

    private LibvirtRounding() {}

    /** Returns the rounded RAM at start, in bytes; each NUMA cell is rounded separately. */
    public static long ramBytes(long bytes, Architecture architecture) {
        return roundUpKib(bytes, ramKib(architecture.power())) << 10;
    }

    /** Returns the rounded full size of a memory device, in bytes. */
    public static long moduleBytes(MemoryModule module, Architecture architecture) {
        long alignKib = architecture.power() ? POWER_KIB : 2 * MIB_IN_KIB;
        if (architecture.power() && module.kind() == MemoryModule.Kind.NVDIMM) {
            // Rounded down, so that QEMU does not write beyond the end of the backing file.
            long labelKib = toKib(module.labelBytes());
            return ((toKib(module.bytes()) - labelKib) / alignKib * alignKib + labelKib) << 10;
        }
        return roundUpKib(module.bytes(), alignKib) << 10;
    }

    static long roundUpKib(long bytes, long alignKib) {
        return (toKib(bytes) + alignKib - 1) / alignKib * alignKib;
    }

    static long toKib(long bytes) {
        return (bytes >> 10) + ((bytes & 1023) == 0 ? 0 : 1);
    }

    static long ramKib(boolean power) {
        return power ? POWER_KIB : MIB_IN_KIB;
    }
}
