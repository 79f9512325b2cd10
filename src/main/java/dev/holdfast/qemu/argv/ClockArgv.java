package dev.holdfast.qemu.argv;

import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.ArrayList;
import java.util.List;

/**
 * The clocks on the command line. Under KVM as virt-install sets them, for Linux and for Windows: no HPET, which is
 * emulated and slow and which Windows would choose; ticks that the guest missed are made up for by the real-time clock,
 * and come late but not in a row from the PIT.
 */
final class ClockArgv {
    private ClockArgv() {}

    /** What the machine has to know. */
    static String machine(Accelerator accelerator) {
        return accelerator == Accelerator.KVM ? ",hpet=off" : "";
    }

    static List<String> of(QemuShape shape, Accelerator accelerator) {
        // Of which zone the local time is, TZ in QEMU's environment says.
        String base = shape.board().timezone() == null ? "utc" : "localtime";
        if (accelerator == Accelerator.TCG) {
            return shape.board().timezone() == null ? List.of() : List.of("-rtc", "base=" + base);
        }
        List<String> argv = new ArrayList<>(List.of("-rtc", "base=" + base + ",driftfix=slew"));
        if (!IommuArgv.splitsInterrupts(shape, accelerator)) {
            // With the interrupts split the PIT is QEMU's and not KVM's.
            argv.addAll(List.of("-global", "kvm-pit.lost_tick_policy=delay"));
        }
        return argv;
    }
}
