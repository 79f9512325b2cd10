package dev.holdfast.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.monitoring.page.PanelPage.Panel;
import dev.holdfast.monitoring.page.PanelPage.Point;
import dev.holdfast.monitoring.page.PanelPage.Series;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The dashboard of {@code deploy/monitoring/dashboard.json}. */
record Dashboard(JsonNode json) {
    static final Path FILE = Path.of("deploy/monitoring/dashboard.json");
    private static final Pattern VARIABLE = Pattern.compile("\\$(\\w+)");

    private static final Pattern LABEL = Pattern.compile("\\{\\{(\\w+)}}");

    /** Times of the points of a chart, in seconds. */
    record Range(long start, long end, long step) {}

    /** A query of a panel, with its variables. */
    record Query(String panel, String expression, String legend) {
        static Query of(JsonNode panel, JsonNode target) {
            return new Query(
                    panel.path("title").asText(),
                    target.path("expr").asText(),
                    target.path("legendFormat").asText());
        }

        /** Returns the expression with values in place of its variables, as Grafana sends it. */
        String with(Map<String, String> values) {
            return replaced(expression, values);
        }

        /**
         * Returns the series with the legend that Grafana shows.
         *
         * @param unit of a series with this legend
         */
        List<Series> series(
                PrometheusApi prometheus, Map<String, String> values, Range range, UnaryOperator<String> unit)
                throws IOException, InterruptedException {
            return prometheus.range(with(values), range.start, range.end, range.step).stream()
                    .map(result -> new Series(
                            legend(result.path("metric")),
                            unit.apply(legend(result.path("metric"))),
                            RuleFile.elements(result.path("values")).stream()
                                    .map(value -> new Point(
                                            value.path(0).asDouble(),
                                            number(value.path(1).asText())))
                                    .toList()))
                    .toList();
        }

        private String legend(JsonNode labels) {
            return LABEL.matcher(legend)
                    .replaceAll(label ->
                            Matcher.quoteReplacement(labels.path(label.group(1)).asText()));
        }

        private static double number(String value) {
            return value.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(value);
        }
    }

    static Dashboard read() throws IOException {
        return new Dashboard(Serialization.jsonMapper().readTree(Files.readString(FILE)));
    }

    /** Returns all panels in their order, rows included. */
    List<JsonNode> panels() {
        return RuleFile.elements(json.path("panels"));
    }

    List<JsonNode> variables() {
        return RuleFile.elements(json.at("/templating/list"));
    }

    List<Query> queries() {
        return panels().stream()
                .flatMap(panel ->
                        RuleFile.elements(panel.path("targets")).stream().map(target -> Query.of(panel, target)))
                .toList();
    }

    /** Returns all panels with the series of their queries. */
    List<Panel> drawn(PrometheusApi prometheus, Map<String, String> values, Range range)
            throws IOException, InterruptedException {
        List<Panel> drawn = new ArrayList<>();
        for (JsonNode panel : panels()) {
            List<Series> series = new ArrayList<>();
            for (JsonNode target : panel.path("targets")) {
                series.addAll(Query.of(panel, target).series(prometheus, values, range, legend -> unit(panel, legend)));
            }
            JsonNode at = panel.path("gridPos");
            drawn.add(new Panel(
                    replaced(panel.path("title").asText(), values),
                    panel.path("type").asText(),
                    panel.at("/fieldConfig/defaults/unit").asText(),
                    at.path("x").asInt(),
                    at.path("y").asInt(),
                    at.path("w").asInt(),
                    at.path("h").asInt(),
                    series));
        }
        return drawn;
    }

    /** Returns the unit of a series: its own, or that of the panel. */
    private static String unit(JsonNode panel, String legend) {
        for (JsonNode override : panel.at("/fieldConfig/overrides")) {
            for (JsonNode property : override.path("properties")) {
                if (override.at("/matcher/options").asText().equals(legend)
                        && property.path("id").asText().equals("unit")) {
                    return property.path("value").asText();
                }
            }
        }
        return panel.at("/fieldConfig/defaults/unit").asText();
    }

    private static String replaced(String text, Map<String, String> values) {
        return VARIABLE.matcher(text).replaceAll(found -> Matcher.quoteReplacement(values.get(found.group(1))));
    }
}
