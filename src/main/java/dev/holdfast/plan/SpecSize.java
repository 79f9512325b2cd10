package dev.holdfast.plan;

/**
 * Largest spec that the operator reads, the labels of its VM included. The schema bounds each field, and etcd all of them
 * together to 1.5 MiB, of which small pieces take fifty times as much memory.
 */
public final class SpecSize {
    /** Names and texts together, in characters: cloud-init data of 64 KiB twice, and as much again as any other spec has. */
    public static final int MAX_CHARACTERS = 160 << 10;

    /** Names, values and brackets: each becomes an object of some hundred bytes. */
    public static final int MAX_TOKENS = 2048;

    private SpecSize() {}
}
