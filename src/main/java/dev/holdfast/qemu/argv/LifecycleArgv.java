package dev.holdfast.qemu.argv;

import java.util.List;

/** Command line options for reboot, power-off and crash of the guest. */
final class LifecycleArgv {
    private LifecycleArgv() {}

    /**
     * Returns the options. A reboot keeps the process, and with it the pod, the devices and the limit; powering off ends it
     * with status 0. A guest whose kernel panics reports it by the device pvpanic (docs/specs/pvpanic of QEMU: an I/O port
     * that Linux and Windows find through ACPI, no memory that VFIO would map), and QEMU ends with status 1, so that the
     * VM's run strategy for failures applies instead of leaving a halted machine.
     */
    static List<String> arguments() {
        return List.of("-action", "reboot=reset,shutdown=poweroff,panic=exit-failure", "-device", "pvpanic");
    }
}
