package dev.holdfast.host.pci;

/**
 * A base address register: memory or I/O ports through which the processor accesses the function.
 *
 * @param index        0 to 5; a 64-bit register uses two indexes, of which this is the first
 * @param sizeBytes    a power of two, at least 1
 * @param type         address space of the register
 * @param prefetchable whether reading it has no side effect, so that it may be placed in a bridge's 64-bit window
 */
public record Bar(int index, long sizeBytes, Type type, boolean prefetchable) {
    /** Address space of a register; lower case, as hardware is spelled in the API. */
    public enum Type {
        /** I/O ports. */
        io,
        /** Memory below 4 GiB. */
        mem32,
        /** Memory at any address. */
        mem64
    }
}
