package dev.holdfast.host.kernel;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A kernel message about a device, driver or module that was added, removed or changed (lib/kobject_uevent.c).
 *
 * @param action     {@code add}, {@code remove}, {@code change}, {@code bind}, {@code unbind}, ...
 * @param subsystem  {@code pci}, {@code drivers}, {@code module}, ...; empty when the kernel sends none
 * @param devicePath below /sys, with a leading slash
 */
public record Uevent(String action, String subsystem, String devicePath) {

    /**
     * Parses a kernel message: {@code ACTION@DEVPATH}, then {@code NAME=value} strings, each ended by a zero byte.
     *
     * @return empty for a message of another form, such as one of udev
     */
    static Optional<Uevent> parse(byte[] message, int length) {
        String[] parts = new String(message, 0, length, StandardCharsets.UTF_8).split("\0");
        int at = parts.length == 0 ? -1 : parts[0].indexOf('@');
        if (at <= 0) {
            return Optional.empty();
        }
        String subsystem = "";
        for (String part : parts) {
            if (part.startsWith("SUBSYSTEM=")) {
                subsystem = part.substring("SUBSYSTEM=".length());
            }
        }
        return Optional.of(new Uevent(parts[0].substring(0, at), subsystem, parts[0].substring(at + 1)));
    }
}
