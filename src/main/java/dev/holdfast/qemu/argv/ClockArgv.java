package dev.holdfast.qemu.argv;

import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.ArrayList;
import java.util.List;

/**
 * Command line options of the clocks. With KVM they are those of virt-install, for Linux and for Windows: no HPET, which is
 * emulated and slow and which Windows would use; missed ticks of the real-time clock are made up for, and those of the PIT
 * are delivered late but not in a burst.
 */
final class ClockArgv {
    private ClockArgv() {}

    /** Returns properties of the machine. */
    static String machine(Accelerator accelerator) {
        return accelerator == Accelerator.KVM ? ",hpet=off" : "";
    }

    static List<String> of(QemuShape shape, Accelerator accelerator) {
        // TZ in QEMU's environment sets the zone of the local time.
        String base = shape.options().timezone() == null ? "utc" : "localtime";
        if (accelerator == Accelerator.TCG) {
            return shape.options().timezone() == null ? List.of() : List.of("-rtc", "base=" + base);
        }
        List<String> argv = new ArrayList<>(List.of("-rtc", "base=" + base + ",driftfix=slew"));
        if (!IommuArgv.splitsInterrupts(shape, accelerator)) {
            // With split interrupts QEMU emulates the PIT, not KVM.
            argv.addAll(List.of("-global", "kvm-pit.lost_tick_policy=delay"));
        }
        return argv;
    }
}
