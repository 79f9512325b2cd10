package dev.holdfast.agent.dra;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;

/** Changes of files, each of which can be the last one before the agent is killed. */
interface StateFiles {
    /** The files of the node. */
    StateFiles REAL = new StateFiles() {};

    /** Creates a directory and its parents unless they exist. */
    default void createDirectories(Path directory) throws IOException {
        Files.createDirectories(directory);
    }

    /** Writes a file that only root can read, and waits until the disk has it. */
    default void write(Path file, byte[] content) throws IOException {
        Files.deleteIfExists(file);
        try (FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
    }

    /** Lets every user read a file. */
    default void share(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    /** Replaces a file by another one. */
    default void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Deletes a file if it exists. */
    default void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
    }

    /** Replaces the content of a file atomically; nothing but the former content is left after a failure. */
    default void replace(Path file, byte[] content) throws IOException {
        createDirectories(Objects.requireNonNull(file.toAbsolutePath().getParent()));
        Path temporary = temporary(file);
        try {
            write(temporary, content);
            move(temporary, file);
        } catch (IOException e) {
            try {
                delete(temporary);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    /** Returns the file that is written before it takes the place of another one; readers of CDI files ignore it. */
    static Path temporary(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".new");
    }
}
