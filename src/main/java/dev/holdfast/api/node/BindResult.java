package dev.holdfast.api.node;

/** How the last attempt to bind a device, or to give it back, ended. */
public enum BindResult {
    /** On vfio-pci by the agent's doing. */
    Bound,
    /** Somebody uses it; left alone, and looked at again. */
    InUse,
    /** It could not be done; tried again. */
    Failed,
    /** Its former driver has it again. */
    Restored
}
