package dev.holdfast.host.pci;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** The three ways in which sysfs is read. A test puts a device between them that leaves the bus at the worst moment. */
interface SysfsFiles {
    /** No attribute of the kernel is longer (Documentation/filesystems/sysfs.rst). */
    int PAGE = 4096;

    /** What the file system has. */
    SysfsFiles DISK = new SysfsFiles() {
        @Override
        public Set<String> names(Path directory) throws IOException {
            Set<String> names = new HashSet<>();
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                for (Path entry : entries) {
                    names.add(String.valueOf(entry.getFileName()));
                }
            } catch (DirectoryIteratorException e) {
                throw e.getCause();
            }
            return names;
        }

        @Override
        public String text(Path file) throws IOException {
            try (InputStream in = Files.newInputStream(file)) {
                // Not ASCII: a byte that does not belong there is to be shown, not to be an error of its own.
                return new String(in.readNBytes(PAGE), StandardCharsets.ISO_8859_1);
            }
        }

        @Override
        public Path link(Path link) throws IOException {
            return Files.readSymbolicLink(link);
        }
    };

    /**
     * Names of what is in a directory.
     *
     * @throws NoSuchFileException when it is not there
     */
    Set<String> names(Path directory) throws IOException;

    /**
     * The first page of a file, without a byte of it being refused.
     *
     * @throws NoSuchFileException when it is not there
     */
    String text(Path file) throws IOException;

    /**
     * Where a link points to, unresolved.
     *
     * @throws NoSuchFileException when it is not there
     * @throws NotLinkException    when it is something else
     */
    Path link(Path link) throws IOException;
}
