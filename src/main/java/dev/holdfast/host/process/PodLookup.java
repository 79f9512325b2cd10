package dev.holdfast.host.process;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the pod of a process when nothing but the process is known. */
public final class PodLookup {
    /**
     * The kubelet's names for a pod's directory: {@code pod<uid>} and {@code kubepods-<level>-pod<uid_>.slice}, the latter
     * with the names of the slices around it in front.
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
     * What /proc shows of a process's pod: not yet known to be true.
     *
     * @param below the way from the pod's directory to the process's; empty for the pod's own
     */
    public record Hint(String podUid, String below) {}

    /** One small file is read, whoever the process is. Empty for one that shows no pod, or is gone. */
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
     * Whether the host's tree lists the process where the hint says. Unlike {@link #podUidOf} it looks at one directory
     * only, so that it costs the same however many a container has made.
     */
    public boolean confirms(Hint hint, int pid) {
        return tree.podDirectory(hint.podUid())
                .filter(directory -> tree.lists(directory, hint.below(), pid))
                .isPresent();
    }

    /**
     * The UID of the pod that a process is in. The path in /proc is only the hint where to look: the answer counts
     * when the host's tree lists the process there. The first segment is taken, since those further in may have been
     * named by the container.
     *
     * @return empty for a process outside any pod, and for one that is gone
     */
    public Optional<String> podUidOf(int pid) {
        return hint(pid)
                .map(Hint::podUid)
                .filter(uid -> tree.podDirectory(uid)
                        .flatMap(directory -> tree.containerOf(directory, pid))
                        .isPresent());
    }
}
