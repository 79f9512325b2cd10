package dev.holdfast.monitoring;

import dev.holdfast.testbed.Folders;
import dev.holdfast.testbed.VirtualNode;
import dev.holdfast.testbed.node.RealNode;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A real Prometheus in a pod of the real node, as {@code docs/monitoring.md} has it: with the shipped configuration and
 * rules, the shipped role, and the label of its namespace. Its program is a folder of the host, which the node sees.
 */
final class NodePrometheus implements AutoCloseable {
    private static final String NAMESPACE = "monitoring";
    private static final String NAME = "prometheus";
    private static final String ROLE = "deploy/monitoring/prometheus-role.yaml";

    private static final String OBJECTS = """
            apiVersion: v1
            kind: Namespace
            metadata: {name: monitoring, labels: {holdfast.dev/scrape: "true"}}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: prometheus, namespace: monitoring}
            """;

    private static final String POD = """
            apiVersion: v1
            kind: Pod
            metadata: {name: prometheus, namespace: monitoring}
            spec:
              serviceAccountName: prometheus
              terminationGracePeriodSeconds: 0
              containers:
                - name: prometheus
                  image: busybox:1
                  command: [/programs/prometheus, --config.file=/configuration/prometheus.yaml, --storage.tsdb.path=/data]
                  volumeMounts:
                    - {name: programs, mountPath: /programs, readOnly: true}
                    - {name: configuration, mountPath: /configuration}
                    - {name: data, mountPath: /data}
              volumes:
                - {name: programs, hostPath: {path: "%s", type: Directory}}
                - {name: configuration, configMap: {name: prometheus}}
                - {name: data, emptyDir: {}}
            """;

    private final RealNode node;
    private final PrometheusApi api = new PrometheusApi(this::page);

    private NodePrometheus(RealNode node) {
        this.node = node;
    }

    /** @param folder gets the files that are applied */
    static NodePrometheus start(RealNode node, PrometheusPrograms programs, Path folder) {
        NodePrometheus prometheus = new NodePrometheus(node);
        prometheus.apply(Folders.write(folder.resolve("objects.yaml"), OBJECTS));
        prometheus.apply(Path.of(ROLE));
        node.kubectl()
                .run(
                        "create",
                        "configmap",
                        NAME,
                        "--namespace=" + NAMESPACE,
                        "--from-file=" + ScrapeJob.FILE,
                        "--from-file=" + RuleFile.FILE);
        prometheus.apply(Folders.write(folder.resolve("pod.yaml"), POD.formatted(programs.folder())));
        node.await("Prometheus is ready").until(() -> RealNode.isReady(prometheus.pod()) && prometheus.api.isReady());
        return prometheus;
    }

    PrometheusApi api() {
        return api;
    }

    private void apply(Path file) {
        node.kubectl().run("apply", "--server-side", "--filename=" + file);
    }

    private Pod pod() {
        return node.api().admin().pods().inNamespace(NAMESPACE).withName(NAME).get();
    }

    /** Read from the node: the host has no route to pods. */
    private String page(String path) throws IOException {
        VirtualNode.Output output = node.node()
                .exec(
                        "timeout",
                        "120",
                        "busybox",
                        "wget",
                        "-qO-",
                        "http://" + pod().getStatus().getPodIP() + ":9090" + path);
        if (output.status() != 0) {
            throw new IOException(path + ": status " + output.status() + ", " + output.err());
        }
        return output.out();
    }

    @Override
    public void close() {
        node.kubectl().run("delete", "--filename=" + ROLE);
        node.kubectl().run("delete", "--wait=false", "namespace", NAMESPACE);
    }
}
