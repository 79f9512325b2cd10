package dev.holdfast.host.pci;

import dev.holdfast.pci.PciAddress;

/** Role of a function in Single Root I/O Virtualization; most functions have none. */
public sealed interface Sriov {
    /**
     * A function that can have virtual functions.
     *
     * @param virtualFunctions    number of enabled ones
     * @param maxVirtualFunctions maximum number
     */
    record Physical(int virtualFunctions, int maxVirtualFunctions) implements Sriov {}

    /**
     * A virtual function.
     *
     * @param physicalFunction the function that it is a part of
     */
    record Virtual(PciAddress physicalFunction) implements Sriov {}
}
