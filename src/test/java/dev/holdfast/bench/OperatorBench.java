package dev.holdfast.bench;

import static dev.holdfast.testbed.Progress.eventually;

import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.HostProcess;
import dev.holdfast.testbed.apiserver.BigCluster;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The operator at its worst, with the options and the memory of its Deployment: a thousand VMs as big as it reads any,
 * and as many pods of others that bear the label of its own. It has to live through the list, through an event for each,
 * and through its next start, when each of the VMs has a pod and a status.
 */
final class OperatorBench implements Bench {
    private static final int COUNT = Integer.getInteger("holdfast.bench.vms", 1000);
    private static final Path DEPLOYMENT = Path.of("deploy/operator-deployment.yaml");
    private static final Pattern HEAP = Pattern.compile("used (\\d+)K");
    private static final Pattern RESIDENT = Pattern.compile("VmHWM:\\s+(\\d+) kB");

    @Override
    public String name() {
        return "operator";
    }

    @Override
    public List<Figure> measure() throws Exception {
        Container shipped = shipped();
        String options = shipped.getEnv().stream()
                .filter(variable -> variable.getName().equals("HOLDFAST_JAVA_OPTS"))
                .findFirst()
                .orElseThrow()
                .getValue();
        long limitKib =
                Quantity.getAmountInBytes(shipped.getResources().getLimits().get("memory"))
                                .longValueExact()
                        / 1024;
        List<Figure> figures = new ArrayList<>();
        try (BigCluster cluster = new BigCluster(COUNT)) {
            figures.addAll(life("at the first start", cluster, options, limitKib));
            figures.addAll(life("at the next start", cluster, options, limitKib));
        }
        return figures;
    }

    private static List<Figure> life(String when, BigCluster cluster, String options, long limitKib) throws Exception {
        Path folder = Path.of("target/operator-bench").toAbsolutePath();
        Path log = folder.resolve(when.replace(' ', '-') + ".log");
        Files.deleteIfExists(log);
        int events = cluster.events();
        try (HostProcess operator = HostProcess.start(
                "operator",
                List.of(Build.here().holdfast().toString(), "operator", "--launcher-image=test", "--http-port=0"),
                Map.of(
                        "HOLDFAST_JAVA_OPTS",
                        options,
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
            long heapKib = heapKib(operator.pid());
            long residentKib = number(RESIDENT, Files.readString(Path.of("/proc/" + operator.pid() + "/status")));
            boolean alive = operator.isAlive();
            return List.of(
                    new Figure(
                            "operator %s, %d big VMs and pods".formatted(when, COUNT),
                            alive ? "alive" : "dead",
                            "alive",
                            alive),
                    new Figure("live heap " + when, mib(heapKib), options, alive),
                    new Figure("most memory " + when, mib(residentKib), mib(limitKib), residentKib <= limitKib));
        }
    }

    private static void until(HostProcess operator, String what, Callable<Boolean> holds) {
        eventually(what).until(() -> {
            operator.checkAlive();
            return holds.call();
        });
    }

    /** After a full collection. */
    private static long heapKib(long pid) throws IOException, InterruptedException {
        jcmd(pid, "GC.run");
        String info = jcmd(pid, "GC.heap_info");
        Matcher used = HEAP.matcher(info);
        long sum = 0;
        while (used.find()) {
            sum += Long.parseLong(used.group(1));
            if (info.startsWith("Metaspace", used.end())) {
                break;
            }
        }
        return sum;
    }

    private static String jcmd(long pid, String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Build.javaHome().resolve("bin/jcmd").toString(), String.valueOf(pid), command)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes());
        process.waitFor();
        return output;
    }

    private static long number(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IllegalStateException("no %s in %s".formatted(pattern, text));
        }
        return Long.parseLong(matcher.group(1));
    }

    private static Container shipped() throws IOException {
        String deployment = Files.readString(DEPLOYMENT).split("(?m)^---$")[0];
        return Serialization.unmarshal(deployment, Deployment.class)
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst();
    }

    private static String mib(long kib) {
        return "%.0f MiB".formatted(kib / 1024.0);
    }
}
