package dev.holdfast.host.process;

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
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The host's cgroup v2 tree: shows which process is in which pod, and cannot be forged. The content of /proc/pid/cgroup is
 * relative to the reader's namespace and has names that a container may choose; the kernel alone decides which directory
 * below the kubelet's lists a pid.
 *
 * <p>Thread-safe.
 */
public final class CgroupTree {
    /** Containers have one or two levels below their pod; systemd in a container some more. */
    private static final int MAX_DEPTH = 12;
    /**
     * Maximum number of directories that are searched. A container may make directories in what was delegated to it: it can
     * hide its own processes that way, but not delay the agent. Directories near the pod are searched first.
     */
    private static final int MAX_DIRECTORIES = 512;

    /**
     * Enough for some twenty thousand processes, in the order in which they joined: a launcher is the first of its cgroup.
     */
    private static final int MAX_PROCS_BYTES = 128 << 10;

    private static final Pattern POD_UID = Pattern.compile("[0-9A-Za-z][0-9A-Za-z-]{0,127}");

    /** The kubelet's names of quality-of-service classes; the class Guaranteed has no directory. */
    private static final List<String> LEVELS = List.of("", "burstable", "besteffort");

    private final Path root;
    private final Supplier<List<Kubepods>> search;
    private volatile List<Kubepods> known = List.of();

    /**
     * Creates a tree in which the directory of all pods is searched for.
     *
     * @param root /sys/fs/cgroup of the host, or a directory of the same structure
     */
    public CgroupTree(Path root) {
        this.root = root;
        search = new KubepodsSearch(root, ProcessHandle.current().pid())::find;
    }

    /**
     * Creates a tree whose directory of all pods is known.
     *
     * @param kubepods the directory of all pods
     */
    public CgroupTree(Path root, Path kubepods) {
        this.root = root;
        search = () -> Files.isDirectory(kubepods) ? List.of(new Kubepods(kubepods)) : List.of();
    }

    /** Returns the reason why no pods can be found; empty when they can. The kubelet may make its directory later. */
    public Optional<String> withoutPods() {
        return kubepods().isEmpty()
                ? Optional.of("found no unique cgroup of the kubelet (kubepods or kubepods.slice) in " + root
                        + ", or below it down to " + KubepodsSearch.MAX_DEPTH
                        + " levels; grants require the kubelet's cgroup: set its directory by --kubepods")
                : Optional.empty();
    }

    /**
     * Returns the reason why this tree cannot be used; empty when it can. Version 1 has no single tree that shows where a
     * process is, and Kubernetes is ending its support.
     */
    public Optional<String> unusable() {
        return Files.exists(root.resolve("cgroup.controllers"))
                ? Optional.empty()
                : Optional.of(
                        "found no cgroup v2 tree at " + root
                                + " (cgroup.controllers is missing), which grants require; boot the node with systemd.unified_cgroup_hierarchy=1 and mount the host's tree there");
    }

    /**
     * Returns the directory of a pod, made by the kubelet with either of its cgroup drivers.
     *
     * @return empty when it does not exist: the pod is on another node, or has ended
     */
    public Optional<Path> podDirectory(String podUid) {
        if (!POD_UID.matcher(podUid).matches()) {
            throw new IllegalArgumentException("invalid pod UID \"" + podUid + "\"");
        }
        return kubepods().stream()
                .flatMap(pods -> LEVELS.stream().map(level -> pods.pod(level, podUid)))
                .filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
                .findFirst();
    }

    /** Returns the directories found before, unless they have been removed. */
    private List<Kubepods> kubepods() {
        List<Kubepods> now = known;
        if (now.isEmpty() || !now.stream().allMatch(Kubepods::exists)) {
            now = search.get();
            known = now;
        }
        return now;
    }

    /**
     * Looks up a process in {@code cgroup.procs} of every directory below a pod's.
     *
     * @param pid in this process's pid namespace
     * @return the directory of the pod's container that the process is in, directly below the pod's: its name has the
     *     container's ID; the pod's own directory when the process is in no container; empty when it is not in the pod
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

    /**
     * Returns whether a process is in one directory of a pod, and among the first processes listed there.
     *
     * @param below path below the pod's directory, from an untrusted source; empty for the pod's own directory
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
            // Removed meanwhile, or a threaded cgroup, which lists no processes (EOPNOTSUPP).
            return false;
        }
    }

    static List<Path> children(Path directory) {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> entries =
                Files.newDirectoryStream(directory, path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))) {
            entries.forEach(children::add);
        } catch (IOException | DirectoryIteratorException e) {
            // The container ended meanwhile; what was found so far is still valid.
            return children;
        }
        return children;
    }
}
