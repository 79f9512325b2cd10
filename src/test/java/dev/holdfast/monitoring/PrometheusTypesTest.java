package dev.holdfast.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.RuleGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The objects have the kinds and fields of the Prometheus operator. */
class PrometheusTypesTest {
    private static final Path MONITORING = Path.of("deploy/monitoring");
    private static final Pattern DOCUMENT = Pattern.compile("(?m)^---$");

    @Test
    void thePodMonitorsHaveOnlyKnownFields() throws IOException {
        assertThat(documents("pod-monitors.yaml"))
                .hasSize(2)
                .allSatisfy(monitor -> accepted(monitor, PodMonitor.class));
    }

    @Test
    void theRulesHaveOnlyKnownFields() throws IOException {
        assertThat(documents("prometheus-rule.yaml"))
                .singleElement()
                .satisfies(rule -> accepted(rule, PrometheusRule.class));
    }

    @Test
    void theObjectOfTheRulesHasAllOfThem() throws IOException {
        PrometheusRule object = Serialization.unmarshal(
                Files.readString(MONITORING.resolve("prometheus-rule.yaml")), PrometheusRule.class);

        assertThat(object.getSpec().getGroups().stream()
                        .map(RuleGroup::getRules)
                        .mapToInt(rules -> rules.size())
                        .sum())
                .isEqualTo(RuleFile.read().alerts().size()
                        + RuleFile.read().recordings().size());
    }

    @Test
    void anUnknownFieldIsFoundAtAnyDepth() throws IOException {
        ObjectNode monitor = (ObjectNode) documents("pod-monitors.yaml").getFirst();
        ((ObjectNode) monitor.at("/spec/podMetricsEndpoints/0")).put("honourLabels", true);
        ((ObjectNode) monitor.at("/spec/podMetricsEndpoints/0/relabelings/0")).put("target", "node");

        assertThat(KnownFields.unknown(monitor, PodMonitor.class))
                .containsExactlyInAnyOrder(
                        ".spec.podMetricsEndpoints[0].honourLabels",
                        ".spec.podMetricsEndpoints[0].relabelings[0].target");
    }

    private static void accepted(JsonNode object, Class<? extends HasMetadata> type) {
        assertThat(object.path("apiVersion").asText()).isEqualTo(HasMetadata.getApiVersion(type));
        assertThat(object.path("kind").asText()).isEqualTo(HasMetadata.getKind(type));
        assertThat(KnownFields.unknown(object, type)).isEmpty();
        assertThat(Serialization.jsonMapper().convertValue(object, type)).isNotNull();
    }

    private static List<JsonNode> documents(String file) throws IOException {
        return Stream.of(DOCUMENT.split(Files.readString(MONITORING.resolve(file))))
                .map(document -> Serialization.unmarshal(document, JsonNode.class))
                .toList();
    }
}
