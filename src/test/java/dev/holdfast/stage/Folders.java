package dev.holdfast.stage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** Work folders. */
public final class Folders {
    private Folders() {}

    /** Leaves the folder there, with nothing in it. */
    public static void empty(Path folder) {
        try {
            if (Files.exists(folder)) {
                try (var inside = Files.walk(folder)) {
                    for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
                        Files.deleteIfExists(path);
                    }
                }
            }
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("Could not empty " + folder, e);
        }
    }
}
