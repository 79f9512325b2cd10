package dev.holdfast.api.node;

/** What can be done with a device now. */
public enum DeviceState {
    /** On vfio-pci with its whole group, and nobody's. */
    Free,
    /** A pod holds its group. */
    Allocated,
    /** Cannot be passed through; {@code blockers} and {@code message} say why. */
    NotViable,
    /** Was there, is a pod's, and has vanished from the bus. */
    Missing,
    /** Does not answer after a VM had it; offered again when it does. */
    Quarantined
}
