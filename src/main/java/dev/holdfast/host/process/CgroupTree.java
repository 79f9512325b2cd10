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
 * The host's cgroup v2 tree: who is in which pod, beyond forging. What /proc/pid/cgroup says is relative to the
 * reader's namespace and holds names that a container may choose; which directory under the kubelet's own lists a pid
 * is the kernel's word.
 *
 * <p>Thread-safe.
 */
public final class CgroupTree {
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

    /** What the kubelet calls the quality-of-service classes; pods of Guaranteed have no directory of it. */
    private static final List<String> LEVELS = List.of("", "burstable", "besteffort");

    private final Path root;
    private final Supplier<List<Kubepods>> search;
    private volatile List<Kubepods> known = List.of();

    /** @param root /sys/fs/cgroup of the host, or a directory made like it */
    public CgroupTree(Path root) {
        this.root = root;
        search = new KubepodsSearch(root, ProcessHandle.current().pid())::find;
    }

    /**
     * A tree of which is known where the kubelet's part begins.
     *
     * @param kubepods the directory of all pods
     */
    public CgroupTree(Path root, Path kubepods) {
        this.root = root;
        search = () -> Files.isDirectory(kubepods) ? List.of(new Kubepods(kubepods)) : List.of();
    }

    /** What keeps pods from being found; empty for nothing. The kubelet may make its directory later. */
    public Optional<String> withoutPods() {
        return kubepods().isEmpty()
                ? Optional.of("found no single cgroup of the kubelet's (kubepods or kubepods.slice) in " + root
                        + ", or below it down to " + KubepodsSearch.MAX_DEPTH
                        + " levels; grants are given to processes in there; name the directory by --kubepods")
                : Optional.empty();
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
    public Optional<Path> podDirectory(String podUid) {
        if (!POD_UID.matcher(podUid).matches()) {
            throw new IllegalArgumentException("A pod UID was expected, but \"" + podUid + "\" was found.");
        }
        return kubepods().stream()
                .flatMap(pods -> LEVELS.stream().map(level -> pods.pod(level, podUid)))
                .filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
                .findFirst();
    }

    /** As found before, unless that has gone. */
    private List<Kubepods> kubepods() {
        List<Kubepods> now = known;
        if (now.isEmpty() || !now.stream().allMatch(Kubepods::exists)) {
            now = search.get();
            known = now;
        }
        return now;
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

    static List<Path> children(Path directory) {
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
