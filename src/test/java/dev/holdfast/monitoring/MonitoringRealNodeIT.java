package dev.holdfast.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Prometheus in the cluster scrapes a real operator and a real agent by the shipped configuration and role, while a
 * VM runs, another waits for a device class, and a process in the VM's pod is refused a grant.
 */
@OnRealNode
class MonitoringRealNodeIT {
    private static final Map<String, String> VARIABLES =
            Map.of("node", RealNode.NAME, "vm_namespace", "default", "vm", "vm");

    /** Selectors of rules and panels that find nothing before an event that this test does not provoke, with the event. */
    private static final Map<String, String> LATER = Map.of(
            "holdfast_devices{state=\"Missing\"}", "the device of a VM vanishes from the bus",
            "holdfast_devices{state=\"Quarantined\"}", "a device does not respond after its VM",
            "holdfast_vms_not_ready_oldest_timestamp_seconds{phase=\"Stopping\"}", "a VM is stopped");

    /** Asks for a grant as a launcher does. */
    private static final String ASK = """
            use Socket;
            socket(my $agent, PF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
            connect($agent, sockaddr_un("/run/holdfast/grant/grant.sock")) or die "connect: $!";
            syswrite($agent, qq({"namespace":"default","name":"vm"}\\n));
            print <$agent>;
            """;

    /** Seconds before now in which a query has to find something: an alert may have resolved meanwhile. */
    private static final int LATELY = 900;

    private static final int STEP = 15;

    private final RealNode node;
    private final NodeVms vms;

    MonitoringRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
    }

    @Test
    void theShippedConfigurationFindsBothAndEveryRuleAndPanelHasItsMetrics(@TempDir Path folder) throws Exception {
        try (NodePrometheus server = NodePrometheus.start(node, PrometheusPrograms.withKubernetes(), folder)) {
            PrometheusApi prometheus = server.api();
            node.await("operator and agent are scraped, with the labels of the alerts")
                    .untilAsserted(() -> assertThat(prometheus.targets())
                            .extracting(target -> target.replaceAll(" (holdfast-[a-z]+)-\\S+", " $1-"))
                            .containsExactlyInAnyOrder(
                                    "up holdfast-operator holdfast holdfast-operator- operator " + RealNode.NAME,
                                    "up holdfast-agent holdfast holdfast-agent- agent " + RealNode.NAME));

            provokeEvents();

            node.await("the refusal is an alert")
                    .untilAsserted(() -> assertThat(prometheus.series("ALERTS{alertstate=\"firing\"}"))
                            .extracting(alert -> alert.path("alertname").asText() + " "
                                    + alert.path("node").asText() + " "
                                    + alert.path("reason").asText())
                            .containsExactly("HoldfastGrantsRefused " + RealNode.NAME + " NotFirstProcess"));
            node.await("every metric of a rule or panel is scraped, with the labels that it compares")
                    .untilAsserted(() -> assertThat(ScrapedMetrics.missing(prometheus, VARIABLES))
                            .isEmpty());
            node.await("every selector finds series, but for those of other events")
                    .untilAsserted(() -> assertThat(ScrapedMetrics.unmatched(prometheus, VARIABLES))
                            .containsExactlyInAnyOrderElementsOf(LATER.keySet()));
            for (Dashboard.Query query : Dashboard.read().queries()) {
                String expression = query.with(VARIABLES);
                node.await(query.panel() + " has data")
                        .untilAsserted(() -> assertThat(lately(prometheus, expression))
                                .as("%s: %s", query.panel(), expression)
                                .isNotEmpty());
            }
            assertThat(prometheus.rules())
                    .allSatisfy(rule -> assertThat(rule.path("health").asText())
                            .as(rule.toString())
                            .isEqualTo("ok"));
        }
    }

    private void provokeEvents() {
        vms.create("vm", NodeVms.DEMO_GPU);
        vms.awaitRunning("vm");
        vms.create("waiting", "holdfast.dev/nowhere");
        assertThat(node.userKubectl().run("exec", "vm", "--namespace=default", "--", "perl", "-e", ASK))
                .contains("NotFirstProcess");
    }

    private static List<JsonNode> lately(PrometheusApi prometheus, String expression) throws Exception {
        long now = Instant.now().getEpochSecond();
        return prometheus.range(expression, now - LATELY, now, STEP);
    }
}
