package dev.holdfast.agent.plugin;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * CDI specification whose device names end in the same 128 random bits, which only root can read. The names of an existing
 * file are kept.
 */
final class CdiFile {
    private static final Pattern NAME = Pattern.compile(".*-([0-9a-f]{32})");
    private static final int SECRET_BYTES = 16;

    private final Path file;
    private final ObjectMapper json = new ObjectMapper();
    private final String secret;
    private byte[] written = {};

    /** Creates the object; nothing is written yet. */
    CdiFile(Path file) {
        this.file = file;
        secret = formerSecret().orElseGet(CdiFile::newSecret);
    }

    /** Returns the name of a device in the file. Thread-safe. */
    String name(Object device) {
        return device + "-" + secret;
    }

    /** Writes the file atomically, if it changes. */
    void write(CdiSpec spec) throws IOException {
        byte[] wanted = json.writeValueAsBytes(spec);
        if (Arrays.equals(wanted, written) && Files.exists(file)) {
            return;
        }
        Files.createDirectories(file.toAbsolutePath().getParent());
        // Runtimes read only names that end in .json or .yaml, so they ignore the temporary file.
        Path temporary = file.resolveSibling("." + file.getFileName() + ".new");
        Files.write(temporary, wanted);
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-------"));
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        written = wanted;
    }

    void delete() throws IOException {
        Files.deleteIfExists(file);
    }

    private Optional<String> formerSecret() {
        try {
            return Optional.of(NAME.matcher(
                            json.readTree(file.toFile()).at("/devices/0/name").asText()))
                    .filter(Matcher::matches)
                    .map(name -> name.group(1));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String newSecret() {
        byte[] bytes = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
