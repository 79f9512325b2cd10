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

/** The three kinds of access to sysfs. Tests use it to let a device leave the bus between two of them. */
interface SysfsFiles {
    /** Maximum length of an attribute in bytes (Documentation/filesystems/sysfs.rst). */
    int PAGE = 4096;

    /** Access to the file system. */
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
                // Not ASCII: an invalid byte is shown in a message instead of failing here.
                return new String(in.readNBytes(PAGE), StandardCharsets.ISO_8859_1);
            }
        }

        @Override
        public Path link(Path link) throws IOException {
            return Files.readSymbolicLink(link);
        }
    };

    /**
     * Returns the names of the entries of a directory.
     *
     * @throws NoSuchFileException when it does not exist
     */
    Set<String> names(Path directory) throws IOException;

    /**
     * Returns the first page of a file; any byte is accepted.
     *
     * @throws NoSuchFileException when it does not exist
     */
    String text(Path file) throws IOException;

    /**
     * Returns the target of a link, unresolved.
     *
     * @throws NoSuchFileException when it does not exist
     * @throws NotLinkException    when it is not a link
     */
    Path link(Path link) throws IOException;
}
