package dev.holdfast.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The table of what the API server takes and refuses, src/test/resources/rules: a file for each kind, with {@code base},
 * a valid object, and cases. A case merges {@code with} onto it and says {@code accepted}, with what the answer has at
 * least, or {@code refused}, with words of the refusal and, {@code at}, the field that they are about. One with
 * {@code before} is a change of the status.
 */
public final class RuleCases {
    static final ObjectMapper JSON = JsonMapper.builder().build();

    private static final Path FOLDER = Path.of("src", "test", "resources", "rules");

    private RuleCases() {}

    /** The whole table. */
    public static List<RuleCase> all() {
        return Stream.of("vms.yaml", "storage.yaml", "classes.yaml", "nodes.yaml")
                .flatMap(RuleCases::read)
                .toList();
    }

    private static Stream<RuleCase> read(String file) {
        JsonNode table = JSON.valueToTree(Serialization.unmarshal(text(file), Map.class));
        String name = table.get("kind").asText();
        var kind = new RuleCase.Kind(
                name, table.get("plural").asText(), table.path("namespaced").asBoolean());
        ObjectNode base = ((ObjectNode) table.get("base"))
                .put("apiVersion", Names.GROUP + "/" + Names.VERSION)
                .put("kind", name);
        return StreamSupport.stream(table.get("cases").spliterator(), false)
                .map(words -> RuleCase.of(kind, base, words));
    }

    private static String text(String file) {
        try {
            return Files.readString(FOLDER.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
