package dev.holdfast.bench;

import static dev.holdfast.testbed.Progress.eventually;

import dev.holdfast.agent.grant.RealAgent;
import dev.holdfast.agent.grant.WaitingLauncher;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.bench.scale.ProcessUsage;
import dev.holdfast.testbed.Build;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** The agent of a big node on which many VMs run and nothing changes, by the path that gave the VMs their devices. */
final class BigNode {
    private static final int FUNCTIONS = 256;
    private static final int VMS = 100;
    private static final long LIMIT_BYTES = 4L << 20;
    /** All that the plan requires: the limit without its margin of 1 MiB. */
    private static final long LOCKED_KIB = 3 * 1024;

    private static final long BUDGET_KIB = 128 * 1024;
    private static final double BUDGET_PER_CENT = 0.2;

    /** VMs start at any moment, so that no two of them are due for the same reading by chance. */
    private static final Duration BETWEEN_STARTS = Duration.ofMillis(217);

    /** In its first minute a VM is read each second. */
    private static final Duration SETTLING = Duration.ofSeconds(75);

    private static final Duration REST = Duration.ofSeconds(Integer.getInteger("holdfast.bench.rest", 120));

    private BigNode() {}

    static List<Figure> figures(Build build, Allocation allocation) throws IOException {
        Path folder = Path.of("target/big-node-bench-" + allocation).toAbsolutePath();
        List<WaitingLauncher> launchers = new ArrayList<>();
        try (RealAgent agent = new RealAgent(build, folder, FUNCTIONS, allocation)) {
            try {
                start(agent, launchers);
                return atRest(agent, allocation);
            } finally {
                launchers.forEach(WaitingLauncher::close);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static void start(RealAgent agent, List<WaitingLauncher> launchers) throws IOException {
        for (int vm = 0; vm < VMS; vm++) {
            WaitingLauncher launcher = agent.launcher("vm-" + vm, vm, LIMIT_BYTES);
            launchers.add(launcher);
            launcher.go();
            launcher.wrong().ifPresent(message -> {
                throw new IllegalStateException(message);
            });
            agent.lock(launcher, LOCKED_KIB);
            LockSupport.parkNanos(BETWEEN_STARTS.toNanos());
        }
        eventually("the report has the locked memory of each VM")
                .until(() -> agent.status().stream()
                                .flatMap(status ->
                                        Stream.ofNullable(status.grants()).flatMap(List::stream))
                                .filter(grant -> grant.lockedBytes() != null)
                                .count()
                        == VMS);
        LockSupport.parkNanos(SETTLING.toNanos());
    }

    private static List<Figure> atRest(RealAgent agent, Allocation allocation) {
        long writes = agent.writes();
        long began = System.nanoTime();
        ProcessUsage before = ProcessUsage.of(agent.pid());
        LockSupport.parkNanos(REST.toNanos());
        ProcessUsage after = ProcessUsage.of(agent.pid());
        double millis = (System.nanoTime() - began) / 1e6;
        double perCent = 100 * (after.cpuMillis() - before.cpuMillis()) / millis;
        long written = agent.writes() - writes;
        String where = ", %d functions, %d VMs, %s".formatted(FUNCTIONS, VMS, allocation);
        return List.of(
                new Figure(
                        "at rest" + where,
                        "%.2f %% of a core".formatted(perCent),
                        "%.1f %%".formatted(BUDGET_PER_CENT),
                        perCent <= BUDGET_PER_CENT),
                new Figure("writes meanwhile", Long.toString(written), "0", written == 0),
                new Figure(
                        "resident" + where,
                        "%.1f MiB".formatted(after.residentKib() / 1024.0),
                        "%d MiB".formatted(BUDGET_KIB / 1024),
                        after.residentKib() <= BUDGET_KIB));
    }
}
