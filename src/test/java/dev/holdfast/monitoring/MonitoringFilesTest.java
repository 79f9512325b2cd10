package dev.holdfast.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.Golden;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.openshift.api.model.monitoring.v1.PodMetricsEndpoint;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks that the files of deploy/monitoring agree with each other, with deploy/ and with the chart. */
class MonitoringFilesTest {
    private static final Path DEPLOY = Path.of("deploy");
    private static final Path MONITORING = DEPLOY.resolve("monitoring");
    private static final Path COPIES = Path.of("deploy/chart/monitoring");
    private static final List<String> COPIED = List.of("dashboard.json", "rules.yaml");
    private static final Pattern DOCUMENT = Pattern.compile("(?m)^---$");

    private static final String OBJECT = """
            # Generated from rules.yaml: mvn test -Dtest=MonitoringFilesTest -Dholdfast.golden=write
            apiVersion: monitoring.coreos.com/v1
            kind: PrometheusRule
            metadata:
              name: holdfast-alerts
              namespace: holdfast
              labels:
                app.kubernetes.io/name: holdfast
            spec:
            """;

    @Test
    void theObjectHasTheRulesOfTheFile() throws IOException {
        String rules = Files.readString(RuleFile.FILE)
                .lines()
                .dropWhile(line -> line.startsWith("#"))
                .map(line -> "  " + line + "\n")
                .collect(Collectors.joining());

        assertThat(Golden.of(MONITORING.resolve("prometheus-rule.yaml"), OBJECT + rules))
                .isEqualTo(OBJECT + rules);
    }

    /** Helm reads no file outside of the chart. */
    @Test
    void theChartHasACopyOfEachFileThatItPutsIntoAnObject() throws IOException {
        for (String name : COPIED) {
            String file = Files.readString(MONITORING.resolve(name));

            assertThat(Golden.of(COPIES.resolve(name), file)).isEqualTo(file);
        }
        try (Stream<Path> copies = Files.list(COPIES)) {
            assertThat(copies.map(copy -> copy.getFileName().toString())).containsExactlyInAnyOrderElementsOf(COPIED);
        }
    }

    @Test
    void theKustomizationNamesTheObjects() throws IOException {
        assertThat(read(MONITORING.resolve("kustomization.yaml")).path("resources"))
                .extracting(JsonNode::asText)
                .containsExactly("pod-monitors.yaml", "prometheus-rule.yaml");
        assertThat(read(MONITORING.resolve("kustomization.yaml")).at("/configMapGenerator/0/files"))
                .extracting(JsonNode::asText)
                .containsExactly("holdfast.json=dashboard.json");
        assertThat(read(DEPLOY.resolve("kustomization.yaml")).path("resources"))
                .as("a cluster without the Prometheus operator has no such kinds")
                .extracting(JsonNode::asText)
                .noneMatch(resource -> resource.contains("monitoring"));
    }

    @Test
    void eachPodMonitorFindsThePodsAndThePortOfItsJob() throws IOException {
        Map<String, PodTemplateSpec> pods = pods();
        List<PodMonitor> monitors = podMonitors();

        assertThat(monitors)
                .extracting(monitor -> monitor.getMetadata().getName())
                .containsExactlyElementsOf(
                        pods.keySet().stream().sorted().toList().reversed());
        assertThat(monitors).allSatisfy(monitor -> {
            String job = monitor.getMetadata().getName();
            PodTemplateSpec pod = Objects.requireNonNull(pods.get(job));
            assertThat(pod.getMetadata().getLabels().entrySet()).containsAll(selected(monitor));
            assertThat(pods.values())
                    .filteredOn(
                            other -> other.getMetadata().getLabels().entrySet().containsAll(selected(monitor)))
                    .hasSize(1);
            assertThat(monitor.getSpec().getPodMetricsEndpoints())
                    .singleElement()
                    .satisfies(endpoint -> {
                        assertThat(pod.getSpec().getContainers().getFirst().getPorts())
                                .extracting(port -> port.getName())
                                .contains(endpoint.getPort());
                        assertThat(replacement(endpoint, "job")).isEqualTo(job);
                    });
        });
    }

    /** Both give the same labels to the same pods, so that the rules hold for both. */
    @Test
    void thePodMonitorsAndTheScrapeConfigurationHaveTheSameJobs() throws IOException {
        List<ScrapeJob> jobs = ScrapeJob.read();

        for (PodMonitor monitor : podMonitors()) {
            String name = monitor.getMetadata().getName();
            PodMetricsEndpoint endpoint =
                    monitor.getSpec().getPodMetricsEndpoints().getFirst();
            assertThat(jobs)
                    .filteredOn(job -> job.name().equals(name))
                    .singleElement()
                    .satisfies(job -> {
                        assertThat(job.honorsLabels()).isEqualTo(Boolean.TRUE.equals(endpoint.getHonorLabels()));
                        assertThat(job.namespaces())
                                .containsExactly(monitor.getMetadata().getNamespace());
                        assertThat(job.podLabels())
                                .isEqualTo(monitor.getSpec().getSelector().getMatchLabels());
                        assertThat(job.targetLabels())
                                .containsExactlyInAnyOrder("namespace", "pod", "container", "node");
                    });
        }
    }

    private static Set<Map.Entry<String, String>> selected(PodMonitor monitor) {
        return monitor.getSpec().getSelector().getMatchLabels().entrySet();
    }

    private static String replacement(PodMetricsEndpoint endpoint, String label) {
        return endpoint.getRelabelings().stream()
                .filter(relabeling -> label.equals(relabeling.getTargetLabel()))
                .findFirst()
                .orElseThrow()
                .getReplacement();
    }

    private static Map<String, PodTemplateSpec> pods() throws IOException {
        Map<String, PodTemplateSpec> pods = new TreeMap<>();
        for (String file : List.of("operator-deployment.yaml", "agent-daemonset.yaml")) {
            for (String document : DOCUMENT.split(Files.readString(DEPLOY.resolve(file)))) {
                switch (Serialization.<Object>unmarshal(document)) {
                    case Deployment one ->
                        pods.put(one.getMetadata().getName(), one.getSpec().getTemplate());
                    case DaemonSet one ->
                        pods.put(one.getMetadata().getName(), one.getSpec().getTemplate());
                    default -> {}
                }
            }
        }
        return pods;
    }

    private static List<PodMonitor> podMonitors() throws IOException {
        return Stream.of(DOCUMENT.split(Files.readString(MONITORING.resolve("pod-monitors.yaml"))))
                .map(document -> Serialization.unmarshal(document, PodMonitor.class))
                .toList();
    }

    private static JsonNode read(Path file) throws IOException {
        return Serialization.unmarshal(Files.readString(file), JsonNode.class);
    }
}
