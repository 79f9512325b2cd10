package dev.holdfast.api.node;

/** Result of the last attempt to bind a device or to give it back. */
public enum BindResult {
    /** Bound to vfio-pci by the agent. */
    Bound,
    /** In use; unchanged, and checked again later. */
    InUse,
    /** The attempt failed; it is retried. */
    Failed,
    /** Bound to its former driver again. */
    Restored
}
