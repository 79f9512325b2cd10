package dev.holdfast.testbed.played;

import dev.holdfast.testbed.Folders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What a test wants of the driver, in files of a folder that host and node share. */
public record Script(Path folder) {

    /** Device of the driver: its name and its PCI address. */
    public record Device(String name, String address) {}

    /** Gives the driver another device. */
    public void device(String name, String address) {
        Folders.write(folder.resolve("device"), name + " " + address);
    }

    /** Has the driver refuse to prepare claims, with this message. */
    public void refuse(String message) {
        Folders.write(folder.resolve("refusal"), message);
    }

    /** Has the driver prepare claims again. */
    public void prepare() {
        try {
            Files.deleteIfExists(folder.resolve("refusal"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Device device() {
        String[] words = Folders.read(folder.resolve("device")).split(" ", 2);
        return new Device(words[0], words[1]);
    }

    Optional<String> refusal() {
        Path file = folder.resolve("refusal");
        return Files.exists(file) ? Optional.of(Folders.read(file)) : Optional.empty();
    }
}
