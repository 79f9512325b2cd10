package dev.holdfast.host.pci;

/**
 * A base address register: memory or ports that the function shows to the processor.
 *
 * @param index        0 to 5; a 64-bit one takes two numbers and is called by the first
 * @param sizeBytes    a power of two, at least 1
 * @param type         where it may lie
 * @param prefetchable whether reading it has no side effect, so that it may lie in a bridge's 64-bit window
 */
public record Bar(int index, long sizeBytes, Type type, boolean prefetchable) {
    /** Where a register may lie; lower case, as the API spells hardware. */
    public enum Type {
        /** Among the I/O ports. */
        io,
        /** In memory, below 4 GiB. */
        mem32,
        /** Anywhere in memory. */
        mem64
    }
}
