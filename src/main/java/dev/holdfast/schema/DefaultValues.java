package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/**
 * Defaults, as k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting applies them: forbidden nulls are removed
 * first, so that a default can replace them.
 */
final class DefaultValues {
    private DefaultValues() {}

    /** Applies the defaults to the object and all values below it. */
    static void apply(SchemaNode schema, JsonNode value) {
        dropNulls(schema, value);
        fill(schema, value);
    }

    private static void dropNulls(SchemaNode schema, JsonNode value) {
        if (value instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> entry : List.copyOf(object.properties())) {
                schema.any(entry.getKey()).ifPresent(field -> {
                    if (isForbiddenNull(field, entry.getValue())
                            && field.defaultValue().isMissingNode()) {
                        object.remove(entry.getKey());
                    } else {
                        dropNulls(field, entry.getValue());
                    }
                });
            }
        } else if (value instanceof ArrayNode list) {
            schema.items().ifPresent(items -> list.forEach(item -> dropNulls(items, item)));
        }
    }

    private static void fill(SchemaNode schema, JsonNode value) {
        if (value instanceof ObjectNode object) {
            for (String name : schema.fields()) {
                schema.field(name).ifPresent(field -> fillField(field, name, object));
            }
            for (Map.Entry<String, JsonNode> entry : List.copyOf(object.properties())) {
                schema.any(entry.getKey()).ifPresent(field -> fill(field, entry.getValue()));
            }
        } else if (value instanceof ArrayNode list) {
            schema.items().ifPresent(items -> list.forEach(item -> fill(items, item)));
        }
    }

    private static void fillField(SchemaNode field, String name, ObjectNode object) {
        JsonNode given = field.defaultValue();
        JsonNode value = object.get(name);
        if (!given.isMissingNode() && (value == null || isForbiddenNull(field, value))) {
            object.set(name, given.deepCopy());
        }
    }

    private static boolean isForbiddenNull(SchemaNode schema, JsonNode value) {
        return value.isNull() && !schema.isNullable();
    }
}
