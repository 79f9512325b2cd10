package dev.holdfast.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The dashboard of {@code deploy/monitoring/dashboard.json}. */
record Dashboard(JsonNode json) {
    static final Path FILE = Path.of("deploy/monitoring/dashboard.json");
    private static final Pattern VARIABLE = Pattern.compile("\\$(\\w+)");

    /** A query of a panel, with its variables. */
    record Query(String panel, String expression, String legend) {
        /** Returns the expression with values in place of its variables, as Grafana sends it. */
        String with(Map<String, String> values) {
            return VARIABLE.matcher(expression)
                    .replaceAll(found -> Matcher.quoteReplacement(values.get(found.group(1))));
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
                .flatMap(panel -> RuleFile.elements(panel.path("targets")).stream()
                        .map(target -> new Query(
                                panel.path("title").asText(),
                                target.path("expr").asText(),
                                target.path("legendFormat").asText())))
                .toList();
    }
}
