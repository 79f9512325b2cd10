package dev.holdfast.launch.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Keys of a Secret or ConfigMap as mounted by the kubelet: a file for each, and other files whose names begin with two dots.
 * The pod's volumes are optional, so a missing Secret results in an empty folder. The launcher reports it, where the kubelet
 * would wait for it without a message in the pod's status.
 */
final class MountedKeys {
    private MountedKeys() {}

    /**
     * Returns all keys.
     *
     * @param from their Secret or ConfigMap, for the message
     */
    static List<IsoFile> all(String from, Path directory) throws DiskException, IOException {
        List<IsoFile> files = new ArrayList<>();
        for (Path file : list(directory)) {
            files.add(new IsoFile(file.getFileName().toString(), Files.readAllBytes(file)));
        }
        if (files.isEmpty()) {
            throw new DiskException("%s not found in the VM's namespace, or empty; create it".formatted(from));
        }
        return files;
    }

    /** Returns the content of the first of the names that exists. */
    static Optional<byte[]> one(Path directory, List<String> names) throws IOException {
        for (String name : names) {
            if (Files.isRegularFile(directory.resolve(name))) {
                return Optional.of(Files.readAllBytes(directory.resolve(name)));
            }
        }
        return Optional.empty();
    }

    static boolean isEmpty(Path directory) throws IOException {
        return list(directory).isEmpty();
    }

    private static List<Path> list(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> !file.getFileName().toString().startsWith(".."))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        }
    }
}
