package dev.holdfast.api.vm;

/** Specifies when the VM runs. */
public enum RunStrategy {
    /** The VM is restarted, with back-off, whenever it has ended. */
    Always,
    /** The VM is restarted after a failure and after its pod was deleted; a guest that powered itself off stays off. */
    RerunOnFailure,
    /** The VM is started once, and not restarted, however it ends. */
    Once,
    /** The VM does not run; a running one is powered off. */
    Halted
}
