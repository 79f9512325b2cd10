package dev.holdfast.launch.disk;

import dev.holdfast.qemu.QemuDisk.Format;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A disk image in a container image. Who made the image is a stranger: what it says must not lead to another file of the
 * pod, neither by a path, nor by a link, nor by the header of a disk image.
 *
 * @param virtualBytes what the guest sees as the disk's size
 */
record ContainerDisk(Path file, Format format, long virtualBytes) {
    /** Where KubeVirt's container disks have it. */
    private static final String FOLDER = "disk";

    private static final long MOST_BYTES = 64L << 40;

    private static final List<String> ENDINGS = List.of(".qcow2", ".img", ".raw");

    /**
     * In a mounted image.
     *
     * @param path below it, with a leading slash; null for the first in /disk by name
     */
    static ContainerDisk find(Path image, @Nullable String path) throws DiskException, IOException {
        Path file = inside(image, path == null ? first(image) : image.resolve(path.substring(1)), path);
        try (FileChannel channel = FileChannel.open(file)) {
            if (!Qcow2.is(channel)) {
                return new ContainerDisk(file, Format.RAW, size(file, channel.size()));
            }
            Qcow2.Header header = Qcow2.header(channel);
            if (!header.standsAlone()) {
                throw new DiskException(
                        "the image %s needs a second file, but has to stand alone; flatten it by qemu-img convert"
                                .formatted(file.getFileName()));
            }
            return new ContainerDisk(file, Format.QCOW2, size(file, header.virtualBytes()));
        }
    }

    /** An overlay's own tables grow with it. */
    private static long size(Path file, long virtualBytes) throws DiskException {
        if (virtualBytes < 1 || virtualBytes > MOST_BYTES) {
            throw new DiskException(
                    "the image %s says that it is a disk of %d bytes, but 1 to 64Ti is expected; rebuild it"
                            .formatted(file.getFileName(), virtualBytes));
        }
        return virtualBytes;
    }

    private static Path first(Path image) throws DiskException, IOException {
        Path folder = image.resolve(FOLDER);
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                var found = files.filter(file ->
                                ENDINGS.stream().anyMatch(file.getFileName().toString()::endsWith))
                        .sorted()
                        .findFirst();
                if (found.isPresent()) {
                    return found.get();
                }
            }
        }
        throw new DiskException(
                "the container image has no *.qcow2, *.img or *.raw in /disk; put one there, or give containerDisk.path");
    }

    private static Path inside(Path image, Path wanted, @Nullable String path) throws DiskException, IOException {
        String shown = path == null ? "/" + FOLDER + "/" + wanted.getFileName() : path;
        Path real;
        try {
            real = wanted.toRealPath();
        } catch (NoSuchFileException e) {
            throw new DiskException(
                    "there is no %s in the container image; correct containerDisk.path".formatted(shown), e);
        }
        if (!real.startsWith(image.toRealPath())) {
            throw new DiskException(
                    "%s leads out of the container image, to %s; give the path of a file in it, not of a link out of it"
                            .formatted(shown, real));
        }
        if (!Files.isRegularFile(real)) {
            throw new DiskException("%s is no file; correct containerDisk.path".formatted(shown));
        }
        return real;
    }
}
