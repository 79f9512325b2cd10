package dev.holdfast.qemu.qmp;

import java.io.IOException;

/** Thrown when QEMU has refused a command. */
public final class QmpException extends IOException {
    private static final long serialVersionUID = 1;

    QmpException(String command, String description) {
        super("QEMU refused %s: %s".formatted(command, description));
    }
}
