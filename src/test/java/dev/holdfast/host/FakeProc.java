package dev.holdfast.host;

import dev.holdfast.host.process.Procfs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A /proc in a directory of the test. Start times are those of the real processes, so that pidfds agree with it. */
public record FakeProc(Path root) {
    public Procfs procfs() {
        return new Procfs(root);
    }

    /** Shows a real process as the first of a container's pid namespace. */
    public void showFirst(int pid, String cgroup) {
        show(pid, pid + "\t1", cgroup, 0);
    }

    /**
     * Shows a real process.
     *
     * @param pids      NSpid, separated by tabs
     * @param cgroup    without the leading slash
     * @param lockedKib VmLck
     */
    public void show(int pid, String pids, String cgroup, long lockedKib) {
        try {
            showAt(pid, pids, cgroup, lockedKib, Files.readString(Path.of("/proc", Integer.toString(pid), "stat")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Shows another process under a number that is taken. */
    public void showReused(int pid, String cgroup, long startTicks) {
        showAt(pid, pid + "\t1", cgroup, 0, pid + " (other) S" + " 0".repeat(18) + " " + startTicks + " 0 0\n");
    }

    private void showAt(int pid, String pids, String cgroup, long lockedKib, String stat) {
        try {
            Path process = Files.createDirectories(root.resolve(Integer.toString(pid)));
            Files.writeString(process.resolve("stat"), stat);
            Files.writeString(process.resolve("cgroup"), "0::/" + cgroup + "\n");
            Files.writeString(
                    process.resolve("status"),
                    "Name:\tsleep\nNSpid:\t" + pids + "\nVmLck:\t" + lockedKib + " kB\nVmPin:\t0 kB\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
