package dev.holdfast.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The rules of {@code deploy/monitoring/rules.yaml}. */
record RuleFile(List<Alert> alerts, List<Recording> recordings) {
    static final Path FILE = Path.of("deploy/monitoring/rules.yaml");

    record Alert(String name, String expression, JsonNode labels, JsonNode annotations) {}

    record Recording(String name, String expression) {}

    static RuleFile read() throws IOException {
        List<JsonNode> rules =
                elements(Serialization.unmarshal(Files.readString(FILE), JsonNode.class)
                                .path("groups"))
                        .stream()
                        .flatMap(group -> elements(group.path("rules")).stream())
                        .toList();
        return new RuleFile(
                rules.stream()
                        .filter(rule -> rule.has("alert"))
                        .map(rule -> new Alert(
                                rule.path("alert").asText(),
                                rule.path("expr").asText(),
                                rule.path("labels"),
                                rule.path("annotations")))
                        .toList(),
                rules.stream()
                        .filter(rule -> rule.has("record"))
                        .map(rule -> new Recording(
                                rule.path("record").asText(), rule.path("expr").asText()))
                        .toList());
    }

    /** Returns the expressions of all rules. */
    List<String> expressions() {
        return Stream.concat(
                        alerts.stream().map(Alert::expression),
                        recordings.stream().map(Recording::expression))
                .toList();
    }

    static List<JsonNode> elements(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false).toList();
    }
}
