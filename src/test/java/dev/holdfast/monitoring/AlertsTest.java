package dev.holdfast.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.monitoring.RuleFile.Alert;
import dev.holdfast.testbed.Product;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each alert has a page section with its meaning and remedy, and unit tests for promtool in which it fires and resolves. */
class AlertsTest {
    private static final Path PAGE = Path.of("docs/alerts.md");
    private static final Path CASES = Path.of("src/test/resources/monitoring");
    private static final Pattern SECTION = Pattern.compile("(?ms)^### (\\w+)\\n(.*?)(?=^##|\\z)");

    private List<Alert> alerts = List.of();

    @BeforeEach
    void read() throws IOException {
        alerts = RuleFile.read().alerts();
        assertThat(alerts).hasSizeGreaterThan(20);
    }

    @Test
    void eachAlertLeadsToItsSectionOfThisVersion() {
        assertThat(alerts)
                .allSatisfy(alert -> assertThat(
                                alert.annotations().path("runbook_url").asText())
                        .isEqualTo("https://github.com/holdfast-dev/holdfast/blob/v%s/docs/alerts.md#%s"
                                .formatted(Product.VERSION, alert.name().toLowerCase(Locale.ROOT))));
    }

    @Test
    void eachSectionIsAboutAnAlertAndHasMeaningAndRemedy() throws IOException {
        Map<String, String> sections = new TreeMap<>();
        SECTION.matcher(Files.readString(PAGE))
                .results()
                .forEach(section -> sections.put(section.group(1), section.group(2)));

        assertThat(sections.keySet())
                .containsExactlyInAnyOrderElementsOf(
                        alerts.stream().map(Alert::name).toList());
        assertThat(sections)
                .allSatisfy((name, text) -> assertThat(text)
                        .as(name)
                        .containsSubsequence("* **Meaning.** ", "* **Look at** ", "* **Remedy.** "));
    }

    @Test
    void eachAlertHasASeverityAndSaysWhatItIsAbout() {
        assertThat(alerts).allSatisfy(alert -> {
            assertThat(alert.name()).startsWith("Holdfast");
            assertThat(alert.labels().path("severity").asText()).isIn("critical", "warning");
            assertThat(alert.annotations().path("summary").asText())
                    .isNotBlank()
                    .hasSizeLessThan(120)
                    .doesNotEndWith(".");
            assertThat(alert.annotations().path("description").asText())
                    .hasSizeGreaterThan(100)
                    .endsWith(".");
        });
    }

    /** Before it fires an alert is evaluated without a result, and also after it fired. */
    @Test
    void eachAlertIsSeenNotToFireToFireAndToResolve() throws IOException {
        Map<String, List<Boolean>> fired = new TreeMap<>();
        for (JsonNode test : cases()) {
            for (JsonNode evaluation : test.path("alert_rule_test")) {
                fired.computeIfAbsent(evaluation.path("alertname").asText(), name -> new ArrayList<>())
                        .add(!evaluation.path("exp_alerts").isEmpty());
            }
        }

        assertThat(fired.keySet())
                .containsExactlyInAnyOrderElementsOf(
                        alerts.stream().map(Alert::name).toList());
        assertThat(fired)
                .allSatisfy((name, results) -> assertThat(results)
                        .as(name)
                        .startsWith(false)
                        .contains(true)
                        .endsWith(false));
    }

    private static List<JsonNode> cases() throws IOException {
        List<JsonNode> cases = new ArrayList<>();
        for (Path file : files()) {
            cases.addAll(RuleFile.elements(Serialization.unmarshal(Files.readString(file), JsonNode.class)
                    .path("tests")));
        }
        return cases;
    }

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(CASES)) {
            return files.filter(file -> file.toString().endsWith(".test.yaml"))
                    .sorted()
                    .toList();
        }
    }
}
