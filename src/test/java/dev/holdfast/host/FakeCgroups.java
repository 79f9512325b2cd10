package dev.holdfast.host;

import dev.holdfast.host.process.CgroupTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A host's cgroup tree in a directory of the test. */
public record FakeCgroups(Path root) {
    public FakeCgroups {
        write(root.resolve("cgroup.controllers"), "memory pids\n");
    }

    public CgroupTree tree() {
        return new CgroupTree(root);
    }

    /**
     * Puts a process into a cgroup, made with its parents where missing.
     *
     * @param below the way from the pod's directory down to the process's; empty for the pod's own
     * @return the pod's directory
     */
    public Path put(int pid, String pod, String below) {
        Path directory = root.resolve(pod).resolve(below);
        Path each = root;
        for (Path name : root.relativize(directory)) {
            each = each.resolve(name);
            write(each.resolve("cgroup.procs"), "");
        }
        write(directory.resolve("cgroup.procs"), pid + "\n");
        return root.resolve(pod);
    }

    private static void write(Path file, String text) {
        try {
            Files.createDirectories(file.resolveSibling("."));
            Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
