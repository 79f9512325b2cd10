package dev.holdfast.bench;

import static dev.holdfast.testbed.Progress.eventually;

import dev.holdfast.grant.GrantAnswer;
import dev.holdfast.qemu.qmp.Qmp;
import dev.holdfast.qemu.shape.QemuShapeJson;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Folders;
import dev.holdfast.testbed.GrantingAgent;
import dev.holdfast.testbed.HostProcess;
import dev.holdfast.testbed.Training;
import dev.holdfast.testbed.fixtures.QemuShapeBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A launcher with the AOT cache of its image, from its start until it is QEMU and the guest runs. The agent grants at once;
 * QEMU is the one of this host, without devices, and emulates the guest's processors.
 */
final class LaunchBench implements Bench {
    private static final int RUNS = 11;
    private static final StartBudget BUDGET = new StartBudget(300);
    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(2);
    /** A limit that any process has. */
    private static final long LIMIT_BYTES = 64 << 10;

    @Override
    public String name() {
        return "launch";
    }

    @Override
    public List<Figure> measure() throws Exception {
        Build build = Build.here();
        Training.ensure(build);
        Path folder = Path.of("target/launch-bench").toAbsolutePath();
        Folders.empty(folder);
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("qemu-system-x86_64"), build.script("bench/qemu"));
        List<LaunchTimes> times = new ArrayList<>();
        try (GrantingAgent agent =
                new GrantingAgent(folder.resolve("grant.sock"), new GrantAnswer.Granted(LIMIT_BYTES, List.of()))) {
            launch(build, folder);
            for (int run = 0; run < RUNS; run++) {
                times.add(launch(build, folder));
            }
        }
        LaunchTimes median = LaunchTimes.median(times);
        return List.of(
                part("until the dry-run: JVM, classes, shape", median.begin()),
                part("dry-run", median.dryRun()),
                part("grant", median.grant()),
                part("from the grant to execve, command line", median.rest()),
                BUDGET.figure("launcher to execve, median of " + RUNS, median.execution(), median.processor()),
                part("from execve until QEMU runs the guest", median.guest()));
    }

    private static Figure part(String what, long millis) {
        return new Figure(what, millis + " ms", "-", true);
    }

    private static LaunchTimes launch(Build build, Path folder) throws IOException {
        Path log = folder.resolve("launcher.log");
        Path executed = folder.resolve("executed");
        Files.deleteIfExists(log);
        Files.deleteIfExists(executed);
        Files.deleteIfExists(folder.resolve("qmp.sock"));
        Instant called = Instant.now();
        try (HostProcess launcher = HostProcess.start(
                "launcher",
                List.of(
                        build.holdfast().toString(),
                        "launch",
                        "--shape="
                                + QemuShapeJson.write(QemuShapeBuilder.shape().build()),
                        "--grant-socket=" + folder.resolve("grant.sock"),
                        "--kvm=" + folder.resolve("no-kvm"),
                        "--dry-run-directory=" + folder,
                        "--termination-log=" + folder.resolve("termination-log")),
                Map.of(
                        "PATH",
                        folder.resolve("bin") + ":" + System.getenv("PATH"),
                        "BENCH_QEMU",
                        "/usr/bin/qemu-system-x86_64",
                        "BENCH_FOLDER",
                        folder.toString()),
                log)) {
            eventually("QEMU runs the guest").pollInterval(POLL).until(() -> {
                launcher.checkAlive();
                return runs(folder.resolve("qmp.sock"));
            });
            Instant ran = Instant.now();
            return LaunchTimes.of(called, launcher.log(), Files.readString(executed), ran);
        }
    }

    private static boolean runs(Path socket) {
        try (Qmp qmp = Qmp.connect(socket, ANSWER)) {
            return qmp.execute("query-status").path("running").asBoolean();
        } catch (IOException e) {
            return false;
        }
    }
}
