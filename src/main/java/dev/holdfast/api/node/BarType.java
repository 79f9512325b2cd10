package dev.holdfast.api.node;

/** Where a register may lie; lower case, as hardware is spelled. */
public enum BarType {
    /** I/O ports. */
    io,
    /** Memory below 4 GiB. */
    mem32,
    /** Memory anywhere. */
    mem64
}
