package dev.holdfast.qemu.argv;

/**
 * UEFI firmware as QEMU's two flash chips.
 *
 * @param code      absolute path of the code; never written
 * @param variables file that QEMU opens as the machine's own copy of the variables; written by the guest
 * @param variablesBytes size of the variables
 * @param smm       whether the code protects its variables by system management mode, which it then requires
 */
public record FirmwareFiles(String code, String variables, long variablesBytes, boolean smm) {}
