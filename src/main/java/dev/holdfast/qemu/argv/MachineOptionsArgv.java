package dev.holdfast.qemu.argv;

import dev.holdfast.qemu.shape.MachineOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Command line options of additional devices of the machine. They use free functions of the chipset's slot 0x1f, which has the
 * ISA bridge, SATA and SMBus as functions 0, 2 and 3, so they take no slot from a root port.
 */
final class MachineOptionsArgv {
    private MachineOptionsArgv() {}

    static List<String> of(MachineOptions options) {
        List<String> argv = new ArrayList<>();
        if (options.hasRng()) {
            argv.addAll(List.of(
                    "-object",
                    "rng-builtin,id=rng0-source",
                    "-device",
                    "virtio-rng-pci,id=rng0,rng=rng0-source,bus=pcie.0,addr=0x1f.5"));
        }
        if (options.watchdog() != null) {
            argv.addAll(List.of(
                    "-device",
                    "i6300esb,id=watchdog0,bus=pcie.0,addr=0x1f.6",
                    "-action",
                    "watchdog=" + options.watchdog().name().toLowerCase(Locale.ROOT)));
        }
        return argv;
    }
}
