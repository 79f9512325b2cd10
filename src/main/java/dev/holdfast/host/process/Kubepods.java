package dev.holdfast.host.process;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The directory below which the kubelet makes those of its pods.
 *
 * @param directory {@code kubepods}, or with the systemd driver {@code kubepods.slice}, the latter with the names of the
 *     slices around it in front: {@code kubelet-kubepods.slice} for {@code --cgroup-root=/kubelet}
 */
record Kubepods(Path directory) {
    private static final String NAME = "kubepods";
    private static final String SLICE = ".slice";

    static boolean isName(String name) {
        return name.equals(NAME) || name.equals(NAME + SLICE) || name.endsWith("-" + NAME + SLICE);
    }

    /**
     * Where the kubelet makes the directory of a pod.
     *
     * @param level {@code burstable}, {@code besteffort}, or "" for a pod that is neither
     */
    Path pod(String level, String podUid) {
        String name = directory.getFileName().toString();
        if (!name.endsWith(SLICE)) {
            return directory.resolve(level).resolve("pod" + podUid);
        }
        String parent = name.substring(0, name.length() - SLICE.length()) + (level.isEmpty() ? "" : "-" + level);
        // systemd nests slices by the dashes in their names, so the kubelet writes those of the UID as underscores.
        return (level.isEmpty() ? directory : directory.resolve(parent + SLICE))
                .resolve(parent + "-pod" + podUid.replace('-', '_') + SLICE);
    }

    boolean exists() {
        return Files.isDirectory(directory);
    }
}
