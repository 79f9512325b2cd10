package dev.holdfast.agent.plugin;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Name of the socket of a device plugin. */
final class PluginSocket {
    /** Maximum length of a path: the kernel accepts 108 bytes with the terminating zero (unix(7), sun_path). */
    static final int MAX_PATH_BYTES = 107;

    private PluginSocket() {}

    /**
     * Returns {@code holdfast-CLASS.sock}, or a name with a hash in place of the class if the path would be too long.
     */
    static String nameOf(String deviceClass, Path directory) {
        String name = "holdfast-" + deviceClass + ".sock";
        int length = directory.resolve(name).toString().getBytes(StandardCharsets.UTF_8).length;
        return length <= MAX_PATH_BYTES ? name : "holdfast-" + hash(deviceClass) + ".sock";
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
