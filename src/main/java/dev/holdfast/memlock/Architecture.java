package dev.holdfast.memlock;

/** Architecture of the guest, as far as the limit depends on it. */
public enum Architecture {
    X86_64,
    AARCH64,
    S390X,
    RISCV64,
    PPC64LE;

    /** Returns whether this is Power, in either byte order, for which libvirt has its own formula and alignment. */
    boolean power() {
        return this == PPC64LE;
    }
}
