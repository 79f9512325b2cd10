package dev.holdfast.host.pci;

/** What a function is in Single Root I/O Virtualization; most are neither. */
public sealed interface Sriov {
    /**
     * One that can be split.
     *
     * @param virtualFunctions    how many are enabled now
     * @param maxVirtualFunctions how many there can be
     */
    record Physical(int virtualFunctions, int maxVirtualFunctions) implements Sriov {}

    /**
     * A part of one that was split.
     *
     * @param physicalFunction which
     */
    record Virtual(PciAddress physicalFunction) implements Sriov {}
}
