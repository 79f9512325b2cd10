package dev.holdfast.qemu.argv;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Command line options of UEFI: the code and its variables are two flash chips of the chipset. */
final class FirmwareArgv {
    private FirmwareArgv() {}

    /** Returns properties of the machine. */
    static String machine(@Nullable FirmwareFiles firmware) {
        return firmware == null ? "" : ",pflash0=efi-code,pflash1=efi-variables" + (firmware.smm() ? ",smm=on" : "");
    }

    static List<String> flash(@Nullable FirmwareFiles firmware) {
        if (firmware == null) {
            return List.of();
        }
        List<String> argv = new ArrayList<>(List.of(
                "-blockdev",
                blockdev("efi-code", firmware.code()) + ",read-only=on",
                "-blockdev",
                blockdev("efi-variables", firmware.variables())));
        if (firmware.smm()) {
            // The guest's operating system must not write to the flash without the firmware; Secure Boot depends on it.
            argv.addAll(List.of("-global", "driver=cfi.pflash01,property=secure,value=on"));
        }
        return argv;
    }

    private static String blockdev(String node, String path) {
        return "driver=raw,node-name=%s,file.driver=file,file.filename=%s".formatted(node, path.replace(",", ",,"));
    }
}
