package dev.holdfast.launch.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The keys of a Secret or ConfigMap as the kubelet mounts them: a file each, and names of its own that begin with two
 * dots. The pod's volumes are optional, so that a Secret that there is not leaves an empty folder: the launcher says so,
 * where the kubelet would wait for it without a word in the pod's status.
 */
final class MountedKeys {
    private MountedKeys() {}

    /**
     * All of them.
     *
     * @param from whose they are, for the sentence
     */
    static List<IsoFile> all(String from, Path directory) throws DiskException, IOException {
        List<IsoFile> files = new ArrayList<>();
        for (Path file : list(directory)) {
            files.add(new IsoFile(file.getFileName().toString(), Files.readAllBytes(file)));
        }
        if (files.isEmpty()) {
            throw new DiskException("there is no %s in the VM's namespace, or it is empty; create it".formatted(from));
        }
        return files;
    }

    /** The first of the names that there is. */
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
