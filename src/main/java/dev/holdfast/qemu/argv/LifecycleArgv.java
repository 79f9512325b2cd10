package dev.holdfast.qemu.argv;

import java.util.List;

/** What becomes of QEMU when the guest reboots, powers itself off or crashes. */
final class LifecycleArgv {
    private LifecycleArgv() {}

    /**
     * A reboot keeps the process, and with it the pod, the devices and the limit; powering off ends it with status 0.
     * A guest whose kernel panics tells so by the device pvpanic (docs/specs/pvpanic of QEMU: an I/O port that Linux and
     * Windows find through ACPI, no memory that VFIO would map), and QEMU ends with status 1: nobody is there to look
     * at a machine that stands still, and what its run strategy says of a failure is to hold.
     */
    static List<String> arguments() {
        return List.of("-action", "reboot=reset,shutdown=poweroff,panic=exit-failure", "-device", "pvpanic");
    }
}
