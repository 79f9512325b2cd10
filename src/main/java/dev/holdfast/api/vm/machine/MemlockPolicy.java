package dev.holdfast.api.vm.machine;

public enum MemlockPolicy {
    /** The sum of what the kernel will charge, and a margin of 1 MiB for each address space. */
    Exact,
    /** Exactly the limit that libvirt would set. */
    Libvirt,
    /** The value of {@code limit}. */
    Fixed,
    /** No limit. */
    Unlimited
}
