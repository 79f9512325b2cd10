package dev.holdfast.host;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the pod of a process when nothing but the process is known. */
public final class PodLookup {
    /** The kubelet's names for a pod's directory: {@code pod<uid>} and {@code kubepods-<level>-pod<uid_>.slice}. */
    private static final Pattern POD_SEGMENT =
            Pattern.compile("(?:^|/)(?:kubepods(?:-[a-z]+)?-)?pod([0-9A-Za-z][0-9A-Za-z_-]*)(?:\\.slice)?(?=/|$)");

    private final Procfs procfs;
    private final CgroupTree tree;

    public PodLookup(Procfs procfs, CgroupTree tree) {
        this.procfs = procfs;
        this.tree = tree;
    }

    /**
     * The UID of the pod that a process is in. The path in /proc is only the hint where to look: the answer counts
     * when the host's tree lists the process there. The first segment is taken, since those further in may have been
     * named by the container.
     *
     * @return empty for a process outside any pod, and for one that is gone
     */
    public Optional<String> podUidOf(int pid) {
        return procfs.cgroup(pid)
                .map(POD_SEGMENT::matcher)
                .filter(Matcher::find)
                .map(match -> match.group(1).replace('_', '-'))
                .filter(uid -> tree.podDirectory(uid)
                        .flatMap(directory -> tree.containerOf(directory, pid))
                        .isPresent());
    }
}
