package dev.holdfast.host.process;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the pod of a process. */
public final class PodLookup {
    /**
     * The kubelet's names of a pod's directory: {@code pod<uid>} and {@code kubepods-<level>-pod<uid_>.slice}, the latter
     * prefixed with the names of the slices above it.
     */
    private static final Pattern POD_SEGMENT = Pattern.compile(
            "(?:^|/)(?:(?:[^/]*-)?kubepods(?:-[a-z]+)?-)?pod([0-9A-Za-z][0-9A-Za-z_-]{0,127})(?:\\.slice)?(?=/|$)");

    private final Procfs procfs;
    private final CgroupTree tree;

    public PodLookup(Procfs procfs, CgroupTree tree) {
        this.procfs = procfs;
        this.tree = tree;
    }

    /**
     * The pod of a process as shown by /proc; not verified.
     *
     * @param below path from the pod's directory to the process's; empty for the pod's own directory
     */
    public record Hint(String podUid, String below) {}

    /** Reads the hint from one small file of any process; empty for a process that shows no pod, or has ended. */
    public Optional<Hint> hint(int pid) {
        return procfs.cgroup(pid).flatMap(PodLookup::parse);
    }

    private static Optional<Hint> parse(String cgroup) {
        Matcher match = POD_SEGMENT.matcher(cgroup);
        return match.find()
                ? Optional.of(new Hint(
                        match.group(1).replace('_', '-'),
                        cgroup.substring(match.end()).replaceFirst("^/+", "")))
                : Optional.empty();
    }

    /**
     * Returns whether the host's tree lists the process where the hint says. Unlike {@link #podUidOf} it reads one directory
     * only, so that its cost does not depend on how many a container has made.
     */
    public boolean confirms(Hint hint, int pid) {
        return tree.podDirectory(hint.podUid())
                .filter(directory -> tree.lists(directory, hint.below(), pid))
                .isPresent();
    }

    /**
     * Returns the UID of the pod that a process is in. The path in /proc is only a hint where to look: the result is valid
     * when the host's tree lists the process there. The first matching segment is used, since the container may have chosen
     * the names of later ones.
     *
     * @return empty for a process outside any pod, and for one that has ended
     */
    public Optional<String> podUidOf(int pid) {
        return hint(pid)
                .map(Hint::podUid)
                .filter(uid -> tree.podDirectory(uid)
                        .flatMap(directory -> tree.containerOf(directory, pid))
                        .isPresent());
    }
}
