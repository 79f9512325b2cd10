package dev.holdfast.bench;

import static dev.holdfast.testbed.Progress.eventually;

import dev.holdfast.bench.scale.LiveHeap;
import dev.holdfast.bench.scale.ProcessUsage;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.HostProcess;
import dev.holdfast.testbed.apiserver.BigCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * The operator at its worst, with the options and the memory of its Deployment: a thousand VMs as big as it reads any,
 * and as many pods of others that bear the label of its own. It has to live through the list, through an event for each,
 * and through its next start, when each of the VMs has a pod and a status.
 */
final class OperatorBench implements Bench {
    private static final int COUNT = Integer.getInteger("holdfast.bench.vms", 1000);

    @Override
    public String name() {
        return "operator";
    }

    @Override
    public List<Figure> measure() throws Exception {
        ShippedOperator shipped = ShippedOperator.read();
        List<Figure> figures = new ArrayList<>();
        try (BigCluster cluster = new BigCluster(COUNT)) {
            figures.addAll(life("at the first start", cluster, shipped));
            figures.addAll(life("at the next start", cluster, shipped));
        }
        return figures;
    }

    private static List<Figure> life(String when, BigCluster cluster, ShippedOperator shipped) throws Exception {
        Path folder = Path.of("target/operator-bench").toAbsolutePath();
        Path log = folder.resolve(when.replace(' ', '-') + ".log");
        Files.deleteIfExists(log);
        int events = cluster.events();
        try (HostProcess operator = HostProcess.start(
                "operator",
                List.of(Build.here().holdfast().toString(), "operator", "--launcher-image=test", "--http-port=0"),
                Map.of(
                        "HOLDFAST_JAVA_OPTS",
                        shipped.javaOptions(),
                        "KUBERNETES_MASTER",
                        cluster.url(),
                        "KUBECONFIG",
                        folder.resolve("none").toString()),
                log)) {
            until(operator, "every object was sent again", () -> cluster.events() - events >= 2 * COUNT);
            until(
                    operator,
                    "every VM has a pod and a status",
                    () -> cluster.podsOfVms() == COUNT && cluster.reported() == COUNT);
            long heapKib = LiveHeap.kib(operator.pid());
            long residentKib = ProcessUsage.of(operator.pid()).peakResidentKib();
            boolean alive = operator.isAlive();
            return List.of(
                    new Figure(
                            "operator %s, %d big VMs and pods".formatted(when, COUNT),
                            alive ? "alive" : "dead",
                            "alive",
                            alive),
                    new Figure("live heap " + when, mib(heapKib), shipped.javaOptions(), alive),
                    new Figure(
                            "most memory " + when,
                            mib(residentKib),
                            mib(shipped.limitKib()),
                            residentKib <= shipped.limitKib()));
        }
    }

    private static void until(HostProcess operator, String what, Callable<Boolean> holds) {
        eventually(what).until(() -> {
            operator.checkAlive();
            return holds.call();
        });
    }

    private static String mib(long kib) {
        return "%.0f MiB".formatted(kib / 1024.0);
    }
}
