package dev.holdfast.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Objects;

/** Work folders, and what is read from them. */
public final class Folders {
    private Folders() {}

    public static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a text, in a folder that is made when it is not there; returns the file. */
    public static Path write(Path file, String text) {
        try {
            Files.createDirectories(Objects.requireNonNull(file.toAbsolutePath().getParent()));
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Leaves the folder there, with nothing in it. */
    public static void empty(Path folder) {
        remove(folder);
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("Could not empty " + folder, e);
        }
    }

    /** With all that is in it; nothing when it is not there. */
    public static void remove(Path folder) {
        try {
            if (Files.exists(folder)) {
                try (var inside = Files.walk(folder)) {
                    for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
                        Files.deleteIfExists(path);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Could not remove " + folder, e);
        }
    }
}
