package dev.holdfast.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that the shipped schemas contain only supported rules and keywords. */
class ShippedSchemasTest {
    @ParameterizedTest
    @ValueSource(strings = {"passthroughvms", "passthroughnodes", "passthroughdeviceclasses"})
    void compilesEveryRule(String kind) throws IOException {
        List<Rule> rules = schemas(kind).stream()
                .flatMap(schema -> new SchemaNode(schema).rules().stream())
                .toList();

        assertThat(rules).isNotEmpty().allSatisfy(rule -> {
            assertThat(rule.program().program()).isNotNull();
            assertThat(rule.messageProgram()).isNull();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"passthroughvms", "passthroughnodes", "passthroughdeviceclasses", "objectmeta"})
    void usesNoUnknownKeyword(String kind) throws IOException {
        TreeSet<String> used = new TreeSet<>();
        schemas(kind).forEach(schema -> schema.fieldNames().forEachRemaining(used::add));

        assertThat(SchemaNode.KEYWORDS).containsAll(used);
    }

    /** The check reports the first alternative; the server does so only for these alternatives. */
    @ParameterizedTest
    @ValueSource(strings = {"passthroughvms", "passthroughnodes", "passthroughdeviceclasses"})
    void hasAlternativesOnlyForIntegersOrStrings(String kind) throws IOException {
        assertThat(schemas(kind)).filteredOn(schema -> schema.has("anyOf")).allSatisfy(schema -> {
            assertThat(schema.path("x-kubernetes-int-or-string").asBoolean()).isTrue();
            assertThat(schema.get("anyOf")).hasToString("[{\"type\":\"integer\"},{\"type\":\"string\"}]");
        });
    }

    private static List<JsonNode> schemas(String kind) throws IOException {
        try (InputStream file = Objects.requireNonNull(SchemaNode.class.getResourceAsStream(kind + ".json"))) {
            JsonNode tree = JsonMapper.builder().build().readTree(file);
            List<JsonNode> schemas = new ArrayList<>();
            collect(tree.has("schema") ? tree.get("schema") : tree, schemas);
            return schemas;
        }
    }

    private static void collect(JsonNode schema, List<JsonNode> to) {
        to.add(schema);
        schema.path("properties").forEach(field -> collect(field, to));
        for (String below : List.of("items", "additionalProperties")) {
            if (schema.path(below).isObject()) {
                collect(schema.get(below), to);
            }
        }
        schema.path("anyOf").forEach(one -> collect(one, to));
    }
}
