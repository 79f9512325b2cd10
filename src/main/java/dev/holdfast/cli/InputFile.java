package dev.holdfast.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads a whole file that the user names, up to a maximum size. */
public final class InputFile {
    private static final int MIB = 1 << 20;

    private InputFile() {}

    /**
     * Reads the file.
     *
     * @param name     the file, {@code -} for standard input
     * @param stdin    read when the name is {@code -}
     * @param maxBytes maximum size, of which no more is read; whole MiB
     * @throws IllegalArgumentException with one message, when the file cannot be read or is larger
     */
    public static byte[] read(String name, InputStream stdin, int maxBytes) {
        byte[] bytes;
        try {
            bytes = name.equals("-") ? stdin.readNBytes(maxBytes + 1) : start(name, maxBytes + 1);
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException(
                    name + ": file not found; give the path of a file, or - for standard input", e);
        } catch (IOException e) {
            throw new IllegalArgumentException("%s: cannot be read: %s".formatted(name, e.getMessage()), e);
        }
        if (bytes.length > maxBytes) {
            throw new IllegalArgumentException(
                    "%s: larger than %d MiB, which is the maximum; split it, or check that it is the right file"
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
