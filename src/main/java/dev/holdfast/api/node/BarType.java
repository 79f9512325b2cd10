package dev.holdfast.api.node;

/** Address range in which a register can be placed; lower case, as for all hardware terms. */
public enum BarType {
    /** I/O ports. */
    io,
    /** Memory below 4 GiB. */
    mem32,
    /** Memory at any address. */
    mem64
}
