package dev.holdfast.plan.machine;

/** Firmware that boots the guest from its disks. */
public sealed interface BootFirmware {
    record SeaBios() implements BootFirmware {}

    /**
     * OVMF.
     *
     * @param secureBoot only signed programs are started
     * @param persistent the UEFI variables outlive the pod
     */
    record Uefi(boolean secureBoot, boolean persistent) implements BootFirmware {}

    default boolean isUefi() {
        return this instanceof Uefi;
    }

    /** Returns whether the machine has state that outlives its pod. */
    default boolean hasState() {
        return this instanceof Uefi uefi && uefi.persistent();
    }
}
