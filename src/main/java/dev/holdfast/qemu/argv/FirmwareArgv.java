package dev.holdfast.qemu.argv;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** UEFI on the command line: the code and its variables are two flash chips of the chipset. */
final class FirmwareArgv {
    private FirmwareArgv() {}

    /** What the machine has to know. */
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
            // The guest's system may not write to the flash past the firmware: what Secure Boot stands on.
            argv.addAll(List.of("-global", "driver=cfi.pflash01,property=secure,value=on"));
        }
        return argv;
    }

    private static String blockdev(String node, String path) {
        return "driver=raw,node-name=%s,file.driver=file,file.filename=%s".formatted(node, path.replace(",", ",,"));
    }
}
