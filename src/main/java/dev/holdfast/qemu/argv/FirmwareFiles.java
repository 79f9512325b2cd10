package dev.holdfast.qemu.argv;

/**
 * UEFI firmware as QEMU's two flash chips.
 *
 * @param code      absolute path; never written
 * @param variables what QEMU opens as the machine's own copy; written by the guest
 * @param variablesBytes its size
 * @param smm       the code keeps its variables in system management mode and does not start without
 */
public record FirmwareFiles(String code, String variables, long variablesBytes, boolean smm) {}
