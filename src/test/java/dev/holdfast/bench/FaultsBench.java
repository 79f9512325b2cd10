package dev.holdfast.bench;

import dev.holdfast.bench.scale.Arrivals;
import dev.holdfast.bench.scale.Fleet;
import dev.holdfast.bench.scale.Operators;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Folders;
import dev.holdfast.testbed.Training;
import dev.holdfast.testbed.cluster.RealCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Faults while 200 VMs start: the leader is killed again and again, the API server is restarted, etcd does not answer. Afterwards
 * every VM runs, no device was given twice, and no VM has had two processes at a time.
 */
@SuppressWarnings("SystemOut") // What is not a figure with a budget goes beside the table.
final class FaultsBench implements Bench {
    private static final int VMS = 200;
    private static final int NODES = 20;
    private static final int PER_SECOND = 10;
    private static final Duration BETWEEN_KILLS = Duration.ofSeconds(10);
    /** Longer than the API server waits for etcd, and shorter than a Lease lives without a renewal. */
    private static final Duration SILENCE = Duration.ofSeconds(12);

    /** Something that happens while VMs arrive; it ends by itself. */
    private interface Fault {
        void inject() throws Exception;
    }

    @Override
    public String name() {
        return "faults";
    }

    @Override
    public List<Figure> measure() throws Exception {
        Training.ensureAsInImages(Build.here());
        Path folder = Path.of("target/faults-bench").toAbsolutePath();
        Folders.remove(folder);
        List<Figure> figures = new ArrayList<>();
        try (RealCluster cluster = RealCluster.start(Build.here(), folder);
                Operators operators =
                        new Operators(cluster, ShippedOperator.read().javaOptions());
                Fleet fleet = new Fleet(cluster, cluster.newNamespace(), NODES, VMS / NODES + 1)) {
            figures.addAll(figures("no fault", fleet, "none", () -> {}));
            figures.addAll(figures("leader killed every 10 s", fleet, "killed", () -> {
                for (int i = 0; i < 4; i++) {
                    operators.killLeader();
                    Thread.sleep(BETWEEN_KILLS);
                }
            }));
            figures.addAll(figures("API server restarted twice", fleet, "restarted", () -> {
                for (int i = 0; i < 2; i++) {
                    cluster.controlPlane().restartApiServer();
                    Thread.sleep(BETWEEN_KILLS);
                }
            }));
            figures.addAll(figures("etcd paused for 12 s", fleet, "paused", () -> {
                cluster.controlPlane().pauseEtcd();
                Thread.sleep(SILENCE);
                cluster.controlPlane().resumeEtcd();
            }));
        }
        return figures;
    }

    private static List<Figure> figures(String what, Fleet fleet, String prefix, Fault fault) throws Exception {
        fleet.begin();
        Arrivals arrivals = new Arrivals(fleet, prefix);
        Thread arriving = Thread.ofVirtual().start(() -> arrivals.inTurn(VMS, PER_SECOND));
        fault.inject();
        arriving.join();
        int stuck = VMS - arrivals.awaitRunning(VMS);
        System.out.printf(
                "faults: %s: create to Running %s%n", what, fleet.timeline().untilRunning());
        List<Figure> figures = List.of(
                none(what + ": VMs that do not run", stuck),
                none(what + ": VMs with two pods that hold devices", fleet.doubleGrants()),
                none(what + ": devices given twice", fleet.doubleDevices()));
        arrivals.deleteAll(VMS);
        return figures;
    }

    private static Figure none(String what, int measured) {
        return new Figure(what, String.valueOf(measured), "0", measured == 0);
    }
}
