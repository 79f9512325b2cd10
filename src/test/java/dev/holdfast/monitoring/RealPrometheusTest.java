package dev.holdfast.monitoring;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.Slow;
import dev.holdfast.monitoring.Dashboard.Query;
import dev.holdfast.monitoring.page.PanelPage;
import dev.holdfast.monitoring.page.PanelPage.Panel;
import dev.holdfast.testbed.Folders;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A real Prometheus with the shipped configuration and rules scrapes the pages of an operator and of an agent. */
@Slow
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealPrometheusTest {
    private static final String INTERVAL = "2s";
    private static final Map<String, String> VARIABLES = Map.of("node", "gpu-1", "vm_namespace", "lab", "vm", "low");

    @TempDir
    static Path directory;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private PrometheusApi prometheus;

    @BeforeAll
    void scrape() throws Exception {
        PrometheusPrograms programs = PrometheusPrograms.find();
        OperatorPage operator = opened(OperatorPage.startIdle(directory));
        operator.addRunningVm();
        AgentPage agent = opened(AgentPage.start());
        prometheus = opened(PrometheusServer.start(
                        programs,
                        directory,
                        ScrapeJob.withPods(
                                Map.of(
                                        "holdfast-operator",
                                        List.of(pod(operator.port(), "infra-1", "operator", "Running")),
                                        "holdfast-agent",
                                        List.of(
                                                pod(agent.port(), "gpu-1", "agent", "Running"),
                                                pod(agent.port(), "gpu-2", "agent", "Failed"))),
                                INTERVAL,
                                RuleFile.FILE)))
                .api();
        awaitScrapes(1);
        operator.restart();
        operator.addWaitingVm();
        agent.count();
        // Two more: a rate requires two samples, and one of them after the change.
        awaitScrapes(3 + scrapes());
        Instant scraped = Instant.now();
        eventually(
                "evaluated",
                () -> prometheus.rules().stream()
                        .allMatch(rule -> evaluated(rule).isAfter(scraped)));
    }

    @AfterAll
    void close() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
    }

    private void awaitScrapes(int count) {
        eventually("scraped", () -> scrapes() >= count);
    }

    /** Returns the number of scrapes of the page that was scraped less often. */
    private int scrapes() throws IOException, InterruptedException {
        return prometheus.query("min(count_over_time(up[1h]))").stream()
                .mapToInt(result -> result.at("/value/1").asInt())
                .findFirst()
                .orElse(0);
    }

    /** The relabeling leaves out the pod that has ended. */
    @Test
    void findsThePodsWithTheLabelsOfTheAlerts() {
        holds(() -> assertThat(prometheus.targets())
                .containsExactlyInAnyOrder(
                        "up holdfast-operator holdfast operator-infra-1 operator infra-1",
                        "up holdfast-agent holdfast agent-gpu-1 agent gpu-1"));
    }

    @Test
    void theNamespaceOfAVmIsItsOwn() {
        holds(() -> assertThat(prometheus.series("holdfast_vm_locked_bytes{name=\"low\"}"))
                .singleElement()
                .satisfies(vm -> {
                    assertThat(vm.path("namespace").asText()).isEqualTo("lab");
                    assertThat(vm.path("node").asText()).isEqualTo("gpu-1");
                }));
    }

    @Test
    void everyRuleIsEvaluatedWithoutAnError() throws Exception {
        List<JsonNode> rules = prometheus.rules();

        assertThat(rules).hasSize(RuleFile.read().expressions().size());
        assertThat(rules)
                .allSatisfy(rule -> assertThat(rule.path("health").asText())
                        .as(rule.toString())
                        .isEqualTo("ok"));
    }

    @Test
    void everyExpressionIsAnswered() throws Exception {
        for (String expression : RuleFile.read().expressions()) {
            assertThat(prometheus.query(expression)).as(expression).isNotNull();
        }
    }

    @Test
    void everyQueryOfTheDashboardReturnsNumbers() throws Exception {
        for (Query query : Dashboard.read().queries()) {
            String expression = query.with(VARIABLES);
            holds(() -> assertThat(prometheus.query(expression))
                    .as("%s: %s", query.panel(), expression)
                    .isNotEmpty()
                    .noneMatch(result -> result.at("/value/1").asText().equals("NaN")));
        }
    }

    /** Written to target/monitoring/panels.html, to be looked at in a browser. */
    @Test
    void everyPanelDrawsItsSeries() throws Exception {
        List<Panel> panels = drawn();

        assertThat(panels).filteredOn(panel -> !panel.type().equals("row")).allSatisfy(panel -> {
            assertThat(panel.series())
                    .as(panel.title())
                    .isNotEmpty()
                    .allSatisfy(
                            series -> assertThat(series.legend()).isNotBlank().doesNotContain("{{"));
            assertThat(panel.series())
                    .extracting(PanelPage.Series::legend)
                    .as(panel.title())
                    .doesNotHaveDuplicates();
        });
        Folders.write(Path.of("target/monitoring/panels.html"), PanelPage.of(panels));
    }

    private List<Panel> drawn() throws Exception {
        long now = Instant.now().getEpochSecond();
        return Dashboard.read().drawn(prometheus, VARIABLES, new Dashboard.Range(now - 60, now, 2));
    }

    @Test
    void theVariablesOfTheDashboardHaveTheseValues() throws Exception {
        holds(() -> assertThat(prometheus.series("group by (node) (up{job=\"holdfast-agent\"})"))
                .extracting(target -> target.path("node").asText())
                .containsExactly(VARIABLES.get("node")));
        assertThat(Dashboard.read().variables())
                .extracting(variable -> variable.path("name").asText())
                .containsExactlyInAnyOrder("datasource", "node", "vm_namespace", "vm");
    }

    @Test
    void everyMetricOfARuleOrPanelWasScrapedWithTheLabelsThatItCompares() throws Exception {
        assertThat(ScrapedMetrics.missing(prometheus, VARIABLES)).isEmpty();
    }

    /** An alert that waits for minutes is pending. */
    @Test
    void theFaultsOfTheAgentActivateTheirAlertsAndNoOthersOfItsNode() {
        holds(() -> {
            assertThat(prometheus.alerts("ALERTS{node=\"gpu-1\"}"))
                    .containsExactlyInAnyOrder(
                            "HoldfastAgentNotReporting",
                            "HoldfastAgentUndecodableObjects",
                            "HoldfastClaimsNotUnprepared",
                            "HoldfastDRADriverNotRegistered",
                            "HoldfastDeviceMissing",
                            "HoldfastDeviceQuarantined",
                            "HoldfastGrantsRefused",
                            "HoldfastGroupNotViable",
                            "HoldfastMemlockHeadroomLow",
                            "HoldfastPluginNotRegistered");
            assertThat(prometheus.alerts("ALERTS{node=\"gpu-1\",alertstate=\"firing\"}"))
                    .contains("HoldfastAgentUndecodableObjects", "HoldfastGrantsRefused");
            assertThat(prometheus.series("ALERTS{alertname=\"HoldfastMemlockHeadroomLow\"}"))
                    .extracting(alert -> alert.path("name").asText())
                    .containsExactly("low");
        });
    }

    @Test
    void anOperatorThatWorksHasNoAlert() {
        holds(() -> assertThat(
                        prometheus.alerts(
                                "ALERTS{job=\"holdfast-operator\"} or ALERTS{alertname=~\"HoldfastNoLeader|HoldfastNotScraped\"}"))
                .isEmpty());
    }

    /** Waits until assertions hold: on a busy machine a scrape may take too long, and a series is absent until the next. */
    private static void holds(ThrowingRunnable assertions) {
        eventually("assertions hold").untilAsserted(assertions);
    }

    private static Instant evaluated(JsonNode rule) {
        return OffsetDateTime.parse(rule.path("lastEvaluation").asText()).toInstant();
    }

    private static ScrapeJob.Pod pod(int port, String node, String component, String phase) {
        return new ScrapeJob.Pod(
                "127.0.0.1:" + port, node, "holdfast", component + "-" + node, component, "http", phase);
    }

    private <T extends AutoCloseable> T opened(T one) {
        opened.add(one);
        return one;
    }
}
