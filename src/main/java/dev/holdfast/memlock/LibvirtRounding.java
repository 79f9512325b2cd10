package dev.holdfast.memlock;

import dev.holdfast.memlock.MemlockInput.MemoryModule;

/** How libvirt rounds memory before it starts a guest: {@code qemuDomainAlignMemorySizes}. */
public final class LibvirtRounding {
    private static final long MIB_IN_KIB = 1L << 10;
    private static final long POWER_KIB = 256 * MIB_IN_KIB;

    private LibvirtRounding() {}

    /** What the guest starts with, each NUMA cell by itself. */
    public static long ramBytes(long bytes, Architecture architecture) {
        return roundUpKib(bytes, ramKib(architecture.power())) << 10;
    }

    /** A memory device at its full size. */
    public static long moduleBytes(MemoryModule module, Architecture architecture) {
        long alignKib = architecture.power() ? POWER_KIB : 2 * MIB_IN_KIB;
        if (architecture.power() && module.kind() == MemoryModule.Kind.NVDIMM) {
            // Down, so as not to write beyond the end of the file behind it.
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
