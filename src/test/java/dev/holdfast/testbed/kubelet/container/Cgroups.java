package dev.holdfast.testbed.kubelet.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The cgroup tree as the kubelet's cgroupfs driver lays it out, on cgroup v2. */
public final class Cgroups {
    private static final String CONTROLLERS = "+cpu +memory +pids";

    private final Path root;

    /** @param root /sys/fs/cgroup */
    public Cgroups(Path root) {
        this.root = root;
    }

    /** {@code /kubepods[/burstable|/besteffort]/pod<uid>}: Guaranteed pods have no level of their own. */
    public static String podPath(String qosClass, String podUid) {
        String level = qosClass.equals("Guaranteed") ? "" : "/" + qosClass.toLowerCase(Locale.ROOT);
        return "/kubepods" + level + "/pod" + podUid;
    }

    /** Makes the pod's cgroup and lets its children have the controllers. */
    public void create(String podPath) throws IOException {
        Path group = root;
        for (Path part : Path.of(podPath.substring(1))) {
            group = group.resolve(part);
            if (!Files.exists(group)) {
                Files.createDirectory(group);
            }
            Path control = group.resolve("cgroup.subtree_control");
            // Everywhere but in a rehearsal, where the tree is an ordinary directory.
            if (Files.exists(control)) {
                Files.writeString(control, CONTROLLERS);
            }
        }
    }

    /** Returns how often the kernel killed a process below the pod's cgroup because of its memory limit. */
    public long oomKills(String podPath) throws IOException {
        Path events = under(podPath).resolve("memory.events");
        if (!Files.exists(events)) {
            return 0;
        }
        return Files.readAllLines(events).stream()
                .filter(line -> line.startsWith("oom_kill "))
                .mapToLong(line -> Long.parseLong(line.substring("oom_kill ".length())))
                .sum();
    }

    /** Kills whatever is left below the pod's cgroup, and removes it. */
    public void remove(String podPath) throws IOException {
        Path group = under(podPath);
        if (!Files.exists(group)) {
            return;
        }
        Path kill = group.resolve("cgroup.kill");
        if (Files.exists(kill)) {
            Files.writeString(kill, "1");
        }
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
