package dev.holdfast.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The host's cgroup v2 tree: who is in which pod, beyond forging. What /proc/pid/cgroup says is relative to the
 * reader's namespace and holds names that a container may choose; which directory under the kubelet's own lists a pid
 * is the kernel's word.
 *
 * @param root /sys/fs/cgroup of the host, or a directory made like it
 */
public record CgroupTree(Path root) {
    /** Containers nest a level or two below their pod; systemd in a container a few more. */
    private static final int MAX_DEPTH = 12;
    /**
     * A container may make directories in what was delegated to it: it can hide itself that way, but not keep us.
     * Those next to the pod are looked at first.
     */
    private static final int MAX_DIRECTORIES = 512;

    /** Some twenty thousand processes, in the order in which they came: a launcher is the first of its cgroup. */
    private static final int MAX_PROCS_BYTES = 128 << 10;

    private static final Pattern POD_UID = Pattern.compile("[0-9A-Za-z][0-9A-Za-z-]{0,127}");

    /** The quality-of-service classes of Kubernetes; each but Guaranteed has a directory of its own. */
    public enum QosClass {
        GUARANTEED(""),
        BURSTABLE("burstable"),
        BEST_EFFORT("besteffort");

        private final String level;

        QosClass(String level) {
            this.level = level;
        }

        /** From {@code pod.status.qosClass}; empty for a word that Kubernetes does not use. */
        public static Optional<QosClass> of(String word) {
            return switch (word) {
                case "Guaranteed" -> Optional.of(GUARANTEED);
                case "Burstable" -> Optional.of(BURSTABLE);
                case "BestEffort" -> Optional.of(BEST_EFFORT);
                default -> Optional.empty();
            };
        }
    }

    /**
     * Why this tree cannot be used, as one sentence; empty when it can. Version 1 has no single tree that says where a
     * process is, and Kubernetes itself is leaving it.
     */
    public Optional<String> unusable() {
        return Files.exists(root.resolve("cgroup.controllers"))
                ? Optional.empty()
                : Optional.of(
                        "No cgroup v2 tree was found at " + root
                                + " (cgroup.controllers is missing), but grants are given by it; boot the node with systemd.unified_cgroup_hierarchy=1 and mount the host's tree there.");
    }

    /**
     * The directory of a pod, made by the kubelet with either of its cgroup drivers.
     *
     * @return empty when it is not there: the pod is on another node, or gone
     */
    public Optional<Path> podDirectory(String podUid, QosClass qos) {
        return candidates(podUid, qos)
                .filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
                .findFirst();
    }

    /** The same when the class is not known: a UID names one pod only. */
    public Optional<Path> podDirectory(String podUid) {
        return Stream.of(QosClass.values())
                .flatMap(qos -> podDirectory(podUid, qos).stream())
                .findFirst();
    }

    /**
     * Looks a process up in {@code cgroup.procs} of every directory below a pod's.
     *
     * @param pid in this process's pid namespace
     * @return the directory of the pod's container that the process is in, directly below the pod's: its name holds
     *     the container's ID; the pod's own when the process is in no container; empty when it is not in the pod
     */
    public Optional<Path> containerOf(Path podDirectory, int pid) {
        String wanted = Integer.toString(pid);
        Deque<Path> open = new ArrayDeque<>(List.of(podDirectory));
        for (int seen = 0; !open.isEmpty() && seen < MAX_DIRECTORIES; seen++) {
            Path directory = open.remove();
            if (lists(directory, wanted)) {
                Path below = podDirectory.relativize(directory);
                return Optional.of(podDirectory.resolve(below.getName(0)).normalize());
            }
            if (directory.getNameCount() - podDirectory.getNameCount() < MAX_DEPTH) {
                open.addAll(children(directory));
            }
        }
        return Optional.empty();
    }

    private Stream<Path> candidates(String podUid, QosClass qos) {
        if (!POD_UID.matcher(podUid).matches()) {
            throw new IllegalArgumentException("A pod UID was expected, but \"" + podUid + "\" was found.");
        }
        String level = qos.level;
        Path cgroupfs = root.resolve("kubepods").resolve(level).resolve("pod" + podUid);
        // systemd nests slices by the dashes in their names, so the kubelet writes those of the UID as underscores.
        String slice = level.isEmpty() ? "kubepods" : "kubepods-" + level;
        Path parent = root.resolve("kubepods.slice");
        Path systemd = (level.isEmpty() ? parent : parent.resolve(slice + ".slice"))
                .resolve(slice + "-pod" + podUid.replace('-', '_') + ".slice");
        return Stream.of(systemd, cgroupfs);
    }

    /**
     * Whether a process is in one directory of a pod, and listed among the first of it.
     *
     * @param below the way from the pod's directory, by anybody's word; empty for the pod's own
     */
    boolean lists(Path podDirectory, String below, int pid) {
        Path directory = podDirectory.resolve(below).normalize();
        return directory.startsWith(podDirectory) && lists(directory, Integer.toString(pid));
    }

    private static boolean lists(Path directory, String pid) {
        try (InputStream procs = Files.newInputStream(directory.resolve("cgroup.procs"))) {
            String found = new String(procs.readNBytes(MAX_PROCS_BYTES), StandardCharsets.ISO_8859_1);
            return ("\n" + found).contains("\n" + pid + "\n");
        } catch (IOException e) {
            // Gone meanwhile, or a threaded cgroup, which lists no processes (EOPNOTSUPP).
            return false;
        }
    }

    private static List<Path> children(Path directory) {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> entries =
                Files.newDirectoryStream(directory, path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))) {
            entries.forEach(children::add);
        } catch (IOException | DirectoryIteratorException e) {
            // The container ended while we looked; what was found so far is still true.
            return children;
        }
        return children;
    }
}
