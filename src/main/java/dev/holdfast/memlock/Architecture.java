package dev.holdfast.memlock;

/** The guest's processor, as far as the limit depends on it. */
public enum Architecture {
    X86_64,
    AARCH64,
    S390X,
    RISCV64,
    PPC64LE;

    /** Power, in either byte order: a formula and an alignment of its own in libvirt. */
    boolean power() {
        return this == PPC64LE;
    }
}
