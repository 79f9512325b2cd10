package dev.holdfast.bench;

import static dev.holdfast.testbed.Progress.eventually;

import dev.holdfast.bench.scale.Arrivals;
import dev.holdfast.bench.scale.Fleet;
import dev.holdfast.bench.scale.Operators;
import dev.holdfast.bench.scale.ProcessUsage;
import dev.holdfast.bench.scale.Quantiles;
import dev.holdfast.bench.scale.Requests;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Folders;
import dev.holdfast.testbed.Training;
import dev.holdfast.testbed.cluster.RealCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The operator with its shipped options before a real control plane on the same machine: VMs that arrive one after the other and
 * all at once, a minute without any change, the loss of the leader, and the deletion of all VMs.
 */
@SuppressWarnings("SystemOut") // What is not a figure with a budget goes beside the table.
final class ScaleBench implements Bench {
    private static final int VMS = Integer.getInteger("holdfast.bench.vms", 1000);
    private static final int NODES = Integer.getInteger("holdfast.bench.nodes", 100);
    private static final int WARM = VMS / 5;
    private static final int PER_SECOND = 10;
    /** Concurrent reconciliations of the operator. */
    private static final int WORKERS = 20;

    private static final Duration STEADY = Duration.ofMinutes(1);
    private static final String FIRST = "vm";
    private static final String BURST = "burst";

    private final List<Figure> figures = new ArrayList<>();

    @Override
    public String name() {
        return "scale";
    }

    @Override
    public List<Figure> measure() throws Exception {
        Build build = Build.here();
        Training.ensureAsInImages(build);
        Path folder = Path.of("target/scale-bench").toAbsolutePath();
        Folders.remove(folder);
        ShippedOperator shipped = ShippedOperator.read();
        try (RealCluster cluster = RealCluster.start(build, folder);
                Operators operators = new Operators(cluster, shipped.javaOptions());
                Fleet fleet = new Fleet(cluster, cluster.newNamespace(), NODES, devicesPerNode())) {
            say(NODES + " nodes have joined");
            arriveInTurn(cluster, operators, fleet);
            rest(cluster, operators);
            deleteAll(fleet, FIRST);
            arriveAtOnce(operators, fleet, cluster.newNamespace());
            failOver(operators, fleet);
        }
        return figures;
    }

    /** One place more than VMs on each node, so that the scheduler always has a choice. */
    private static int devicesPerNode() {
        return Math.ceilDiv(VMS, NODES) + 1;
    }

    private void arriveInTurn(RealCluster cluster, Operators operators, Fleet fleet) throws Exception {
        Requests before = Requests.of(cluster);
        Arrivals arrivals = new Arrivals(fleet, FIRST);
        arrivals.inTurn(0, WARM, PER_SECOND);
        long cpuWhenWarm = operators.usage().cpuMillis();
        arrivals.inTurn(WARM, VMS, PER_SECOND);
        allRun(arrivals);
        ProcessUsage usage = operators.usage();
        Quantiles pods = fleet.timeline().untilPod();
        Quantiles running = fleet.timeline().untilRunning();
        most("create to pod, P50 at 10/s", pods.seconds(50), 0.2, "s");
        most("create to pod, P95 at 10/s", pods.seconds(95), 1, "s");
        most("create to Running, P50 at 10/s", running.seconds(50), 0.2, "s");
        most("create to Running, P95 at 10/s", running.seconds(95), 1, "s");
        most("processor time per further VM", (usage.cpuMillis() - cpuWhenWarm) / (double) (VMS - WARM), 8, "ms");
        most("memory of the operator", usage.residentKib() / 1024.0, VMS > 1000 ? 512 : 140, "MiB");
        Requests made = Requests.of(cluster).since(before);
        most("Events per VM", made.events() / (double) VMS, 3, "");
        say("longest to pod %.2f s, to Running %.2f s".formatted(pods.seconds(100), running.seconds(100)));
        say("processor time of the operator %.1f s, most memory %s, live heap %s"
                .formatted(usage.cpuMillis() / 1e3, mib(usage.peakResidentKib()), mib(operators.heapKib())));
        say("requests per VM: " + made.per(VMS));
        cluster.controlPlane().storeAndServer().forEach((name, pid) -> say("%s: %s".formatted(name, described(pid))));
    }

    private void rest(RealCluster cluster, Operators operators) throws InterruptedException {
        Requests before = Requests.of(cluster);
        ProcessUsage start = operators.usage();
        Thread.sleep(STEADY);
        Requests made = Requests.of(cluster).since(before);
        most("writes in a minute without changes", made.writes(), 0, "");
        most(
                "processor in a minute without changes",
                (operators.usage().cpuMillis() - start.cpuMillis()) / (double) STEADY.toMillis() * 100,
                1,
                "%");
    }

    private static void allRun(Arrivals arrivals) throws InterruptedException {
        int running = arrivals.awaitRunning(VMS);
        if (running < VMS) {
            throw new AssertionError("only %d of %d VMs run".formatted(running, VMS));
        }
    }

    /** SIGTERM to the leader, as in a rolling update; a user creates a VM when it has ended. */
    private void failOver(Operators operators, Fleet fleet) {
        fleet.begin();
        long start = System.nanoTime();
        operators.endLeader();
        fleet.create("after-leader");
        eventually("the VM has its pod")
                .pollInterval(Duration.ofMillis(10))
                .until(() -> fleet.timeline().pods() == 1);
        most("SIGTERM to the next leader's first pod", seconds(start), 5, "s");
    }

    private void deleteAll(Fleet fleet, String prefix) {
        long start = System.nanoTime();
        new Arrivals(fleet, prefix).deleteAll(VMS);
        say("%d VMs deleted at once are gone after %.1f s".formatted(VMS, seconds(start)));
    }

    /** Compares with a loop that creates the same pods without an operator. */
    private void arriveAtOnce(Operators operators, Fleet fleet, String other) throws InterruptedException {
        fleet.begin();
        long cpu = operators.usage().cpuMillis();
        long start = System.nanoTime();
        Arrivals arrivals = new Arrivals(fleet, BURST);
        arrivals.atOnce(VMS);
        say("%d VMs were created within %.1f s".formatted(VMS, seconds(start)));
        allRun(arrivals);
        double untilRunning = seconds(start);
        double untilLastPod = fleet.timeline().untilLastPod() / 1e9;
        cpu = operators.usage().cpuMillis() - cpu;
        int overtaken = fleet.timeline().mostOvertaken();
        say("burst: create to pod %s, to Running %s, all after %.1f s, processor time of the operator %.1f s"
                .formatted(fleet.timeline().untilPod(), fleet.timeline().untilRunning(), untilRunning, cpu / 1e3));
        say("most memory of the operator " + mib(operators.usage().peakResidentKib()));
        List<String> pods = fleet.bare(other);
        deleteAll(fleet, BURST);
        long bareStart = System.nanoTime();
        Arrivals.inParallel(pods.size(), i -> fleet.createBare(other, pods.get(i)));
        double bare = seconds(bareStart);
        most("all pods of a burst, by a bare loop's %.1f s".formatted(bare), untilLastPod / bare, 1.3, "");
        most("places that a pod is overtaken by", overtaken, WORKERS, "");
    }

    private static double seconds(long sinceNanos) {
        return (System.nanoTime() - sinceNanos) / 1e9;
    }

    private static String mib(long kib) {
        return "%.0f MiB".formatted(kib / 1024.0);
    }

    private void most(String what, double measured, double budget, String unit) {
        say(what + ": " + number(measured, unit));
        figures.add(new Figure(what, number(measured, unit), number(budget, unit), measured <= budget));
    }

    private static String number(double number, String unit) {
        return String.format(Locale.ROOT, "%.2f %s", number, unit).strip();
    }

    private static String described(long pid) {
        ProcessUsage usage = ProcessUsage.of(pid);
        return "%.1f s of processor time, %s".formatted(usage.cpuMillis() / 1e3, mib(usage.residentKib()));
    }

    private static void say(String what) {
        System.out.println("scale: " + what);
    }
}
