package dev.holdfast;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Golden files of the tests. {@code -Dholdfast.golden=write} writes them again from what the product gives now. */
public final class Golden {
    private Golden() {}

    /** Returns whether golden files are to be written before they are compared. */
    public static boolean isWritten() {
        return "write".equals(System.getProperty("holdfast.golden"));
    }

    /**
     * Returns the content of a golden file.
     *
     * @param now what the product gives now; written to the file first if golden files are to be written
     */
    public static String of(Path file, String now) throws IOException {
        if (isWritten()) {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, now);
        }
        return Files.readString(file);
    }
}
