package dev.holdfast.agent.dra;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Health of a device.
 *
 * @param device  its name in the slices
 * @param message why it is unhealthy; null when it is healthy
 */
record DeviceHealth(String device, @Nullable String message) {
    /** Maximum length of a message; the kubelet cuts longer ones between any two bytes. */
    private static final int MAX_BYTES = 1024;

    private static final String CUT = "...";

    /** Returns the health of a device, with a message that the kubelet accepts. */
    static DeviceHealth of(ClaimableDevice device) {
        return new DeviceHealth(device.name(), device.obstacle() == null ? null : bounded(device.obstacle()));
    }

    boolean healthy() {
        return message == null;
    }

    static String bounded(String message) {
        if (bytes(message) <= MAX_BYTES) {
            return message;
        }
        int end = Math.min(message.length(), MAX_BYTES);
        while (bytes(message.substring(0, end)) > MAX_BYTES - CUT.length()
                || Character.isHighSurrogate(message.charAt(end - 1))) {
            end--;
        }
        return message.substring(0, end) + CUT;
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
