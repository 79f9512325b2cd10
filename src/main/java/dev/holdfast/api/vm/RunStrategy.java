package dev.holdfast.api.vm;

/** When the machine shall run. */
public enum RunStrategy {
    /** Whenever it does not, it is started again, with back-off. */
    Always,
    /** As Always after a failure, and when somebody took its pod; a guest that powered itself off stays off. */
    RerunOnFailure,
    /** From one start to the first end, whatever that is. */
    Once,
    /** Never; a running machine is powered off. */
    Halted
}
