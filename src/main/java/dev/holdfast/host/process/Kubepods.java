package dev.holdfast.host.process;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The directory in which the kubelet creates the directories of its pods.
 *
 * @param directory {@code kubepods}, or with the systemd driver {@code kubepods.slice}, the latter prefixed with the names
 *                  of the slices above it: {@code kubelet-kubepods.slice} for {@code --cgroup-root=/kubelet}
 */
record Kubepods(Path directory) {
    private static final String NAME = "kubepods";
    private static final String SLICE = ".slice";

    static boolean isName(String name) {
        return name.equals(NAME) || name.equals(NAME + SLICE) || name.endsWith("-" + NAME + SLICE);
    }

    /**
     * Returns the path of a pod's directory.
     *
     * @param level {@code burstable}, {@code besteffort}, or "" for a pod of the class Guaranteed
     */
    Path pod(String level, String podUid) {
        String name = directory.getFileName().toString();
        if (!name.endsWith(SLICE)) {
            return directory.resolve(level).resolve("pod" + podUid);
        }
        String parent = name.substring(0, name.length() - SLICE.length()) + (level.isEmpty() ? "" : "-" + level);
        // systemd nests slices by the dashes in their names, so the kubelet replaces those of the UID by underscores.
        return (level.isEmpty() ? directory : directory.resolve(parent + SLICE))
                .resolve(parent + "-pod" + podUid.replace('-', '_') + SLICE);
    }

    boolean exists() {
        return Files.isDirectory(directory);
    }
}
