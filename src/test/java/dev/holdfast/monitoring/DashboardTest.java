package dev.holdfast.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.monitoring.Dashboard.Query;
import dev.holdfast.testbed.Product;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The dashboard has the form that Grafana imports; RealPrometheusTest evaluates its queries. */
class DashboardTest {
    private static final int COLUMNS = 24;
    private static final String SOURCE = "${datasource}";
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{?(\\w+)}?");
    private static final Set<String> TYPES = Set.of("row", "stat", "timeseries");

    /** IDs of @grafana/data, valueFormats/categories.ts. */
    private static final Set<String> UNITS = Set.of("none", "s", "bytes", "ops", "reqps", "percentunit");

    private Dashboard dashboard;

    @BeforeEach
    void read() throws IOException {
        dashboard = Dashboard.read();
    }

    @Test
    void hasAnIdentityOfItsOwnAndNoneOfADatabase() {
        JsonNode json = dashboard.json();

        assertThat(json.path("uid").asText()).isEqualTo("holdfast");
        assertThat(json.path("title").asText()).isEqualTo("Holdfast");
        assertThat(json.has("id")).isFalse();
        assertThat(json.path("schemaVersion").asInt()).isEqualTo(39);
        assertThat(json.at("/links/0/url").asText()).contains("/blob/v" + Product.VERSION + "/docs/alerts.md");
    }

    @Test
    void hasRowsForTheFleetOneNodeAndOneVm() {
        assertThat(dashboard.panels())
                .filteredOn(panel -> panel.path("type").asText().equals("row"))
                .extracting(row -> row.path("title").asText())
                .containsExactly("Fleet", "Node $node", "VM $vm_namespace/$vm");
    }

    @Test
    void everyPanelHasATitleADescriptionAUnitAndQueriesOfTheChosenSource() {
        assertThat(dashboard.panels())
                .extracting(panel -> panel.path("id").asInt())
                .doesNotHaveDuplicates();
        assertThat(dashboard.panels())
                .extracting(panel -> panel.path("title").asText())
                .doesNotContain("");
        assertThat(dashboard.panels()).allSatisfy(panel -> {
            String type = panel.path("type").asText();
            assertThat(type).isIn(TYPES);
            if (!type.equals("row")) {
                assertThat(panel.path("description").asText())
                        .as(panel.path("title").asText())
                        .endsWith(".");
                assertThat(panel.at("/fieldConfig/defaults/unit").asText()).isIn(UNITS);
                assertThat(panel.at("/datasource/uid").asText()).isEqualTo(SOURCE);
                List<JsonNode> targets = RuleFile.elements(panel.path("targets"));
                assertThat(targets)
                        .isNotEmpty()
                        .allSatisfy(target -> assertThat(
                                        target.at("/datasource/uid").asText())
                                .isEqualTo(SOURCE));
                assertThat(targets)
                        .extracting(target -> target.path("refId").asText())
                        .doesNotHaveDuplicates();
            }
        });
    }

    @Test
    void panelsFillTheGridWithoutAGapOrAnOverlap() {
        Set<String> cells = new HashSet<>();
        int bottom = 0;
        for (JsonNode panel : dashboard.panels()) {
            JsonNode at = panel.path("gridPos");
            bottom = Math.max(bottom, at.path("y").asInt() + at.path("h").asInt());
            for (int x = 0; x < at.path("w").asInt(); x++) {
                for (int y = 0; y < at.path("h").asInt(); y++) {
                    int column = at.path("x").asInt() + x;
                    assertThat(column).isLessThan(COLUMNS);
                    assertThat(cells.add(column + "," + (at.path("y").asInt() + y)))
                            .as("a cell of %s", panel.path("title").asText())
                            .isTrue();
                }
            }
        }
        assertThat(cells).hasSize(COLUMNS * bottom);
    }

    @Test
    void everyVariableIsDefinedAndUsed() {
        Set<String> defined = new TreeSet<>();
        dashboard
                .variables()
                .forEach(variable -> defined.add(variable.path("name").asText()));
        Set<String> used = new TreeSet<>();
        VARIABLE.matcher(dashboard.panels().toString()).results().forEach(found -> used.add(found.group(1)));

        assertThat(used).isEqualTo(defined);
    }

    /** Otherwise its unit is that of another query of the panel, and no test would notice a legend that has changed. */
    @Test
    void everyOverrideIsForASeriesOfItsPanel() {
        for (JsonNode panel : dashboard.panels()) {
            for (JsonNode override : panel.at("/fieldConfig/overrides")) {
                assertThat(override.at("/matcher/id").asText()).isEqualTo("byName");
                assertThat(panel.path("targets"))
                        .as(panel.path("title").asText())
                        .extracting(target -> target.path("legendFormat").asText())
                        .contains(override.at("/matcher/options").asText());
            }
        }
    }

    /** A legend names only labels that the query leaves to its result. */
    @Test
    void everyLegendNamesLabelsOfItsQuery() {
        Pattern label = Pattern.compile("\\{\\{(\\w+)}}");
        Pattern grouping = Pattern.compile("\\b(?:sum|max|count) by \\(([^)]*)\\)");
        for (Query query : dashboard.queries()) {
            Set<String> named = new TreeSet<>();
            label.matcher(query.legend()).results().forEach(found -> named.add(found.group(1)));
            grouping.matcher(query.expression())
                    .results()
                    .findFirst()
                    .ifPresent(by -> assertThat(List.of(by.group(1).split(", ", -1)))
                            .as(query.panel())
                            .containsAll(named));
        }
    }
}
