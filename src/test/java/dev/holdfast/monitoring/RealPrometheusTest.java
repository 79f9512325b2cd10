package dev.holdfast.monitoring;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.Slow;
import dev.holdfast.monitoring.Dashboard.Query;
import dev.holdfast.monitoring.RuleFile.Alert;
import dev.holdfast.monitoring.RuleFile.Recording;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
    private PrometheusServer prometheus;

    @BeforeAll
    void scrape() throws Exception {
        PrometheusPrograms programs = PrometheusPrograms.find();
        OperatorPage operator = opened(OperatorPage.start(directory));
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
                        RuleFile.FILE)));
        awaitScrapes(1);
        operator.restart();
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
        holds(() -> assertThat(prometheus.activeTargets())
                .extracting(target -> target.path("health").asText() + " "
                        + target.at("/labels/job").asText() + " "
                        + target.at("/labels/namespace").asText() + " "
                        + target.at("/labels/pod").asText() + " "
                        + target.at("/labels/container").asText() + " "
                        + target.at("/labels/node").asText())
                .containsExactlyInAnyOrder(
                        "up holdfast-operator holdfast operator-infra-1 operator infra-1",
                        "up holdfast-agent holdfast agent-gpu-1 agent gpu-1"));
    }

    @Test
    void theNamespaceOfAVmIsItsOwn() {
        holds(() -> assertThat(series("holdfast_vm_locked_bytes{name=\"low\"}"))
                .singleElement()
                .satisfies(vm -> {
                    assertThat(vm.path("namespace").asText()).isEqualTo("lab");
                    assertThat(vm.path("node").asText()).isEqualTo("gpu-1");
                }));
    }

    @Test
    void everyRuleIsEvaluatedWithoutAnError() throws Exception {
        List<JsonNode> rules = prometheus.rules();

        assertThat(rules).hasSize(expressions().size());
        assertThat(rules)
                .allSatisfy(rule -> assertThat(rule.path("health").asText())
                        .as(rule.toString())
                        .isEqualTo("ok"));
    }

    @Test
    void everyExpressionIsAnswered() throws Exception {
        for (String expression : expressions()) {
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

    @Test
    void theVariablesOfTheDashboardHaveTheseValues() throws Exception {
        holds(() -> assertThat(series("group by (node) (up{job=\"holdfast-agent\"})"))
                .extracting(target -> target.path("node").asText())
                .containsExactly(VARIABLES.get("node")));
        assertThat(Dashboard.read().variables())
                .extracting(variable -> variable.path("name").asText())
                .containsExactlyInAnyOrder("datasource", "node", "vm_namespace", "vm");
    }

    @Test
    void everyMetricOfARuleOrPanelWasScrapedWithTheLabelsThatItCompares() throws Exception {
        Map<String, Set<String>> missing = new TreeMap<>();
        List<String> expressions = new ArrayList<>(expressions());
        Dashboard.read().queries().forEach(query -> expressions.add(query.with(VARIABLES)));
        for (String expression : expressions) {
            for (Map.Entry<String, Set<String>> metric :
                    QueryMetrics.of(expression).entrySet()) {
                Set<String> labels = new TreeSet<>(metric.getValue());
                labels.removeAll(labels(metric.getKey()));
                if (!labels.isEmpty() || labels(metric.getKey()).isEmpty()) {
                    missing.put(metric.getKey(), labels);
                }
            }
        }

        assertThat(missing).isEmpty();
    }

    /** An alert that waits for minutes is pending. */
    @Test
    void theFaultsOfTheAgentActivateTheirAlertsAndNoOthersOfItsNode() {
        holds(() -> {
            assertThat(alerts("ALERTS{node=\"gpu-1\"}"))
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
            assertThat(alerts("ALERTS{node=\"gpu-1\",alertstate=\"firing\"}"))
                    .contains("HoldfastAgentUndecodableObjects", "HoldfastGrantsRefused");
            assertThat(series("ALERTS{alertname=\"HoldfastMemlockHeadroomLow\"}"))
                    .extracting(alert -> alert.path("name").asText())
                    .containsExactly("low");
        });
    }

    @Test
    void anOperatorThatWorksHasNoAlert() {
        holds(() -> assertThat(
                        alerts(
                                "ALERTS{job=\"holdfast-operator\"} or ALERTS{alertname=~\"HoldfastNoLeader|HoldfastNotScraped\"}"))
                .isEmpty());
    }

    private Set<String> alerts(String query) throws IOException, InterruptedException {
        return series(query).stream()
                .map(alert -> alert.path("alertname").asText())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Waits until assertions hold: on a busy machine a scrape may take too long, and a series is absent until the next. */
    private static void holds(ThrowingRunnable assertions) {
        eventually("assertions hold").untilAsserted(assertions);
    }

    private static Instant evaluated(JsonNode rule) {
        return OffsetDateTime.parse(rule.path("lastEvaluation").asText()).toInstant();
    }

    private static List<String> expressions() throws IOException {
        RuleFile rules = RuleFile.read();
        return Stream.concat(
                        rules.alerts().stream().map(Alert::expression),
                        rules.recordings().stream().map(Recording::expression))
                .toList();
    }

    /** Returns the labels of the series that a query finds. */
    private List<JsonNode> series(String query) throws IOException, InterruptedException {
        return prometheus.query(query).stream()
                .map(result -> result.path("metric"))
                .toList();
    }

    private Set<String> labels(String metric) throws IOException, InterruptedException {
        Set<String> labels = new TreeSet<>();
        series("last_over_time(" + metric + "[1h])")
                .forEach(series -> series.fieldNames().forEachRemaining(labels::add));
        return labels;
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
