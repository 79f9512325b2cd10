package dev.holdfast.host.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the kubelet's directory in a host's cgroup tree: at the root, or where {@code --cgroup-root} has placed it.
 * Other directories may have the same name. Those inside a container or a user's session are skipped. If several remain at one
 * depth, the one that contains this process is used, because the agent runs in a pod.
 *
 * @param root   of the tree
 * @param ownPid pid of this process, in the pid namespace of the tree's reader
 */
record KubepodsSearch(Path root, long ownPid) {
    /**
     * Maximum depth: 2 for kind ({@code --cgroup-root=/kubelet}), and some more for a kubelet in a container or a service.
     */
    static final int MAX_DEPTH = 5;

    private static final int MAX_DIRECTORIES = 4096;
    /** Users may choose the names in what is delegated to their sessions. */
    private static final String USERS = "user.slice";

    /**
     * Returns the kubelet's directories; empty when there is none, or when it is ambiguous. Two at the root are those of
     * both cgroup drivers.
     */
    List<Kubepods> find() {
        List<Path> level = List.of(root);
        int seen = 0;
        for (int depth = 1; depth <= MAX_DEPTH && !level.isEmpty(); depth++) {
            List<Path> below = new ArrayList<>();
            for (Path directory : level) {
                if (++seen > MAX_DIRECTORIES) {
                    return List.of();
                }
                below.addAll(CgroupTree.children(directory));
            }
            List<Path> found = below.stream()
                    .filter(directory -> Kubepods.isName(name(directory)))
                    .toList();
            if (!found.isEmpty()) {
                return (depth == 1 || found.size() == 1 ? found : ownOnly(found))
                        .stream().map(Kubepods::new).toList();
            }
            level = below.stream()
                    .filter(directory -> !name(directory).equals(USERS))
                    .toList();
        }
        return List.of();
    }

    private List<Path> ownOnly(List<Path> found) {
        return found.stream().filter(this::holdsThisProcess).toList();
    }

    private boolean holdsThisProcess(Path directory) {
        return new CgroupTree(root, directory)
                .containerOf(directory, Math.toIntExact(ownPid))
                .isPresent();
    }

    private static String name(Path directory) {
        return directory.getFileName().toString();
    }
}
