package dev.holdfast.plan.machine;

/** What starts the guest from its disks. */
public sealed interface BootFirmware {
    record SeaBios() implements BootFirmware {}

    /**
     * OVMF.
     *
     * @param secureBoot starts only what is signed
     * @param persistent its variables outlive the pod
     */
    record Uefi(boolean secureBoot, boolean persistent) implements BootFirmware {}

    default boolean isUefi() {
        return this instanceof Uefi;
    }

    /** Returns whether something of the machine outlives its pod. */
    default boolean hasState() {
        return this instanceof Uefi uefi && uefi.persistent();
    }
}
