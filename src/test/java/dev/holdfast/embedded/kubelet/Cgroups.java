package dev.holdfast.embedded.kubelet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The cgroup tree as the kubelet's cgroupfs driver lays it out, on cgroup v2. */
final class Cgroups {
    private static final List<String> CONTROLLERS = List.of("+cpu", "+memory", "+pids");

    private final Path root;

    /** @param root /sys/fs/cgroup */
    Cgroups(Path root) {
        this.root = root;
    }

    /** {@code /kubepods[/burstable|/besteffort]/pod<uid>}: Guaranteed pods have no level of their own. */
    static String podPath(String qosClass, String podUid) {
        String level = qosClass.equals("Guaranteed") ? "" : "/" + qosClass.toLowerCase(Locale.ROOT);
        return "/kubepods" + level + "/pod" + podUid;
    }

    /** Makes the pod's cgroup and lets its children have the controllers. */
    void create(String podPath) throws IOException {
        Path group = root;
        for (Path part : Path.of(podPath.substring(1))) {
            group = group.resolve(part);
            if (!Files.exists(group)) {
                Files.createDirectory(group);
            }
            for (String controller : CONTROLLERS) {
                Files.writeString(group.resolve("cgroup.subtree_control"), controller);
            }
        }
    }

    /** How often the kernel killed a process below the pod's cgroup for want of memory. */
    long oomKills(String podPath) throws IOException {
        return Files.readAllLines(under(podPath).resolve("memory.events")).stream()
                .filter(line -> line.startsWith("oom_kill "))
                .mapToLong(line -> Long.parseLong(line.substring("oom_kill ".length())))
                .sum();
    }

    /** Kills whatever is left below the pod's cgroup, and removes it. */
    void remove(String podPath) throws IOException {
        Path group = under(podPath);
        if (!Files.exists(group)) {
            return;
        }
        Files.writeString(group.resolve("cgroup.kill"), "1");
        try (var children = Files.newDirectoryStream(group, Files::isDirectory)) {
            for (Path child : children) {
                Commands.run("rmdir", child.toString());
            }
        }
        Commands.run("rmdir", group.toString());
    }

    private Path under(String path) {
        return root.resolve(path.substring(1));
    }
}
