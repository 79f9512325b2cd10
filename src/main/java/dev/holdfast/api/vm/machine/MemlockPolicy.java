package dev.holdfast.api.vm.machine;

public enum MemlockPolicy {
    /** What the kernel will charge, term by term, and a margin of 1 MiB for each address space. */
    Exact,
    /** Bit for bit what libvirt would set. */
    Libvirt,
    /** The number in {@code limit}. */
    Fixed,
    /** No limit at all. */
    Unlimited
}
