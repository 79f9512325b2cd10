package dev.holdfast.api.node;

/** Availability of a device. */
public enum DeviceState {
    /** Can be assigned: its whole group is on VFIO, and no pod holds it. */
    Free,
    /** A pod holds its group. */
    Allocated,
    /** Cannot be passed through; {@code blockers} and {@code message} have the reason. */
    NotViable,
    /** Held by a pod, but no longer on the bus. */
    Missing,
    /** Does not respond after a VM used it; offered again when it does. */
    Quarantined
}
