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
 * A disk image in a container image. The image is not trusted: it must not lead to another file of the pod, neither by a
 * path, nor by a link, nor by the header of a disk image.
 *
 * @param virtualBytes size of the disk for the guest
 */
record ContainerDisk(OpenFile file, Format format, long virtualBytes) {
    /** Folder of the disk image in KubeVirt's container disks. */
    private static final String FOLDER = "disk";

    private static final long MOST_BYTES = 64L << 40;

    private static final List<String> ENDINGS = List.of(".qcow2", ".img", ".raw");

    /**
     * Finds the disk image in a mounted container image.
     *
     * @param path path in the container image, with a leading slash; null for the first in /disk by name
     */
    static ContainerDisk find(Path image, @Nullable String path, KeptOpenFiles files)
            throws DiskException, IOException {
        String name = path == null ? first(image) : path.substring(1);
        OpenFile file = open(image, name, files);
        try (FileChannel channel = FileChannel.open(file.path())) {
            if (!Qcow2.is(channel)) {
                return new ContainerDisk(file, Format.RAW, size(name, channel.size()));
            }
            Qcow2.Header header = Qcow2.header(channel);
            if (!header.standsAlone()) {
                throw new DiskException(
                        "the image /%s requires a second file, but must be standalone; flatten it by qemu-img convert"
                                .formatted(name));
            }
            return new ContainerDisk(file, Format.QCOW2, size(name, header.virtualBytes()));
        }
    }

    /** Returns the checked size: the tables of an overlay grow with it. */
    private static long size(String name, long virtualBytes) throws DiskException {
        if (virtualBytes < 1 || virtualBytes > MOST_BYTES) {
            throw new DiskException("the image /%s has a virtual size of %d bytes, but must have 1 to 64Ti; rebuild it"
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
                "the container image has no *.qcow2, *.img or *.raw in /disk; put one there, or set containerDisk.path");
    }

    private static OpenFile open(Path image, String name, KeptOpenFiles files) throws DiskException, IOException {
        try {
            return files.blockNode(image, name, Kind.REGULAR_FILE, false);
        } catch (RefusedFileException e) {
            throw new DiskException(
                    switch (e.reason()) {
                        case MISSING ->
                            "/%s not found in the container image; correct containerDisk.path".formatted(name);
                        case OUTSIDE ->
                            "/%s leads out of the container image; use the path of a file in it, not of a link out of it"
                                    .formatted(name);
                        case OTHER_KIND -> "/%s is not a regular file; correct containerDisk.path".formatted(name);
                        case DENIED ->
                            "/%s of the container image is not readable for user and group 107; change its mode in the image"
                                    .formatted(name);
                    },
                    e);
        }
    }
}
