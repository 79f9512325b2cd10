package dev.holdfast.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A file that the user names, read as a whole within bounds. */
public final class InputFile {
    private static final int MIB = 1 << 20;

    private InputFile() {}

    /**
     * All of it.
     *
     * @param name     the file, {@code -} for standard input
     * @param stdin    read when the name is {@code -}
     * @param maxBytes no more is read, whatever the file's size; whole MiB
     * @throws IllegalArgumentException with one sentence, when the file cannot be read or is larger
     */
    public static byte[] read(String name, InputStream stdin, int maxBytes) {
        byte[] bytes;
        try {
            bytes = name.equals("-") ? stdin.readNBytes(maxBytes + 1) : start(name, maxBytes + 1);
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException(name + " does not exist; give the path of a file or -", e);
        } catch (IOException e) {
            throw new IllegalArgumentException("%s cannot be read: %s".formatted(name, e.getMessage()), e);
        }
        if (bytes.length > maxBytes) {
            throw new IllegalArgumentException(
                    "%s is larger than %d MiB, which is more than is read; split it, or check that it is the right file"
                            .formatted(name, maxBytes / MIB));
        }
        return bytes;
    }

    private static byte[] start(String name, int length) throws IOException {
        try (InputStream file = Files.newInputStream(Path.of(name))) {
            return file.readNBytes(length);
        }
    }
}
