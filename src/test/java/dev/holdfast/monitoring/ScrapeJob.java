package dev.holdfast.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A job of {@code deploy/monitoring/prometheus.yaml}. */
record ScrapeJob(JsonNode job) {
    static final Path FILE = Path.of("deploy/monitoring/prometheus.yaml");

    /** A pod as the discovery of Prometheus reports it. */
    record Pod(
            String address, String node, String namespace, String name, String container, String port, String phase) {
        private ObjectNode asStaticTarget() {
            ObjectNode target = Serialization.jsonMapper().createObjectNode();
            target.putArray("targets").add(address);
            ObjectNode labels = target.putObject("labels");
            labels.put("__meta_kubernetes_pod_node_name", node);
            labels.put("__meta_kubernetes_namespace", namespace);
            labels.put("__meta_kubernetes_pod_name", name);
            labels.put("__meta_kubernetes_pod_container_name", container);
            labels.put("__meta_kubernetes_pod_container_port_name", port);
            labels.put("__meta_kubernetes_pod_phase", phase);
            return target;
        }
    }

    static List<ScrapeJob> read() throws IOException {
        return jobs(configuration());
    }

    /**
     * Returns the configuration with these pods in place of what it discovers, as YAML: Debian's Prometheus is built without
     * the discovery of Kubernetes. The relabeling is unchanged, and sees the labels of that discovery.
     *
     * @param pods by job
     */
    static String withPods(Map<String, List<Pod>> pods, String interval, Path rules) throws IOException {
        ObjectNode configuration = configuration(interval);
        configuration.putArray("rule_files").add(rules.toAbsolutePath().toString());
        for (ScrapeJob job : jobs(configuration)) {
            ObjectNode object = (ObjectNode) job.job;
            object.remove("kubernetes_sd_configs");
            ArrayNode targets = object.putArray("static_configs");
            pods.getOrDefault(job.name(), List.of()).forEach(pod -> targets.add(pod.asStaticTarget()));
        }
        return Serialization.asYaml(configuration);
    }

    /**
     * Returns the configuration for a Prometheus outside of the cluster, as YAML: with the address of the API server and the
     * credentials that a pod has by its service account. The jobs are unchanged otherwise.
     *
     * @param interval of scrapes and evaluations
     */
    static String outsideOfTheCluster(URI apiServer, Path ca, Path token, String interval, Path rules)
            throws IOException {
        ObjectNode configuration = configuration(interval);
        configuration.putArray("rule_files").add(rules.toAbsolutePath().toString());
        for (ScrapeJob job : jobs(configuration)) {
            ObjectNode discovery = (ObjectNode) job.job.at("/kubernetes_sd_configs/0");
            discovery.put("api_server", apiServer.toString());
            discovery.putObject("authorization").put("credentials_file", token.toString());
            discovery.putObject("tls_config").put("ca_file", ca.toString());
        }
        return Serialization.asYaml(configuration);
    }

    String name() {
        return job.path("job_name").asText();
    }

    boolean honorsLabels() {
        return job.path("honor_labels").asBoolean();
    }

    List<String> namespaces() {
        return RuleFile.elements(job.at("/kubernetes_sd_configs/0/namespaces/names")).stream()
                .map(JsonNode::asText)
                .toList();
    }

    Map<String, String> podLabels() {
        return Stream.of(job.at("/kubernetes_sd_configs/0/selectors/0/label")
                        .asText()
                        .split(",", -1))
                .map(label -> label.split("=", 2))
                .collect(Collectors.toMap(label -> label[0], label -> label[1]));
    }

    List<String> targetLabels() {
        return RuleFile.elements(job.path("relabel_configs")).stream()
                .filter(relabeling -> relabeling.has("target_label"))
                .map(relabeling -> relabeling.path("target_label").asText())
                .toList();
    }

    private static ObjectNode configuration(String interval) throws IOException {
        ObjectNode configuration = configuration();
        ((ObjectNode) configuration.path("global"))
                .put("scrape_interval", interval)
                .put("evaluation_interval", interval);
        return configuration;
    }

    private static ObjectNode configuration() throws IOException {
        return Serialization.unmarshal(Files.readString(FILE), ObjectNode.class);
    }

    private static List<ScrapeJob> jobs(ObjectNode configuration) {
        return RuleFile.elements(configuration.path("scrape_configs")).stream()
                .map(ScrapeJob::new)
                .toList();
    }
}
