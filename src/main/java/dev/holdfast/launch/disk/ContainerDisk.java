package dev.holdfast.launch.disk;

import dev.holdfast.host.kernel.OpenFile;
import dev.holdfast.host.kernel.OpenFile.Kind;
import dev.holdfast.host.kernel.RefusedFileException;
import dev.holdfast.qemu.shape.QemuDisk.Format;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
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
record ContainerDisk(OpenFile file, Format format, long virtualBytes) {
    /** Where KubeVirt's container disks have it. */
    private static final String FOLDER = "disk";

    private static final long MOST_BYTES = 64L << 40;

    private static final List<String> ENDINGS = List.of(".qcow2", ".img", ".raw");

    /**
     * In a mounted image.
     *
     * @param path below it, with a leading slash; null for the first in /disk by name
     */
    static ContainerDisk find(Path image, @Nullable String path, OpenFiles files) throws DiskException, IOException {
        String name = path == null ? first(image) : path.substring(1);
        OpenFile file = open(image, name, files);
        try (FileChannel channel = FileChannel.open(file.path())) {
            if (!Qcow2.is(channel)) {
                return new ContainerDisk(file, Format.RAW, size(name, channel.size()));
            }
            Qcow2.Header header = Qcow2.header(channel);
            if (!header.standsAlone()) {
                throw new DiskException(
                        "the image /%s needs a second file, but has to stand alone; flatten it by qemu-img convert"
                                .formatted(name));
            }
            return new ContainerDisk(file, Format.QCOW2, size(name, header.virtualBytes()));
        }
    }

    /** An overlay's own tables grow with it. */
    private static long size(String name, long virtualBytes) throws DiskException {
        if (virtualBytes < 1 || virtualBytes > MOST_BYTES) {
            throw new DiskException(
                    "the image /%s says that it is a disk of %d bytes, but 1 to 64Ti is expected; rebuild it"
                            .formatted(name, virtualBytes));
        }
        return virtualBytes;
    }

    private static String first(Path image) throws DiskException, IOException {
        Path folder = image.resolve(FOLDER);
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                var found = files.filter(file ->
                                ENDINGS.stream().anyMatch(file.getFileName().toString()::endsWith))
                        .sorted()
                        .findFirst();
                if (found.isPresent()) {
                    return FOLDER + "/" + found.get().getFileName();
                }
            }
        }
        throw new DiskException(
                "the container image has no *.qcow2, *.img or *.raw in /disk; put one there, or give containerDisk.path");
    }

    private static OpenFile open(Path image, String name, OpenFiles files) throws DiskException, IOException {
        try {
            return files.blockNode(image, name, Kind.REGULAR_FILE, false);
        } catch (RefusedFileException e) {
            throw new DiskException(
                    switch (e.reason()) {
                        case MISSING ->
                            "there is no /%s in the container image; correct containerDisk.path".formatted(name);
                        case OUTSIDE ->
                            "/%s leads out of the container image; give the path of a file in it, not of a link out of it"
                                    .formatted(name);
                        case OTHER_KIND -> "/%s is no file; correct containerDisk.path".formatted(name);
                        case DENIED ->
                            "/%s of the container image is not open to user and group 107 for reading; change its mode in the image"
                                    .formatted(name);
                    },
                    e);
        }
    }
}
