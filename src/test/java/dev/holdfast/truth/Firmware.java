package dev.holdfast.truth;

import dev.holdfast.memlock.MemlockInput;
import java.util.List;

/**
 * Firmware of the guest, and the message that shows that it has finished: without a disk to boot from, both stop at a
 * message.
 */
enum Firmware {
    /** Talks to QEMU's debug console, an I/O port without memory behind it. */
    SEABIOS(
            MemlockInput.Firmware.SEABIOS,
            "firmware",
            "No bootable device",
            180,
            List.of(
                    "-chardev",
                    "file,id=firmware,path=firmware",
                    "-device",
                    "isa-debugcon,iobase=0x402,chardev=firmware")),

    /** Talks to the serial console. Emulated twice over it takes more than a minute to its shell. */
    OVMF(
            MemlockInput.Firmware.FLASH,
            "output",
            "UEFI Interactive Shell",
            600,
            List.of(
                    "-drive",
                    "if=pflash,format=raw,unit=0,readonly=on,file=" + Firmware.OVMF_FOLDER + "/OVMF_CODE_4M.fd",
                    "-drive",
                    "if=pflash,format=raw,unit=1,snapshot=on,file=" + Firmware.OVMF_FOLDER + "/OVMF_VARS_4M.fd"));

    static final String OVMF_FOLDER = "/usr/share/OVMF";

    private final MemlockInput.Firmware counted;
    private final String console;
    private final String lastWords;
    private final int seconds;
    private final List<String> arguments;

    Firmware(MemlockInput.Firmware counted, String console, String lastWords, int seconds, List<String> arguments) {
        this.counted = counted;
        this.console = console;
        this.lastWords = lastWords;
        this.seconds = seconds;
        this.arguments = arguments;
    }

    /** Returns the calculator's name of this firmware. */
    MemlockInput.Firmware counted() {
        return counted;
    }

    /** The file, in QEMU's folder, that it writes to. */
    String console() {
        return console;
    }

    String lastWords() {
        return lastWords;
    }

    /** The time it may take on a busy host. */
    int seconds() {
        return seconds;
    }

    List<String> arguments() {
        return arguments;
    }
}
