package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Check that items of lists of type {@code set} and {@code map} are unique, as in
 * k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype.
 */
final class ListKeys {
    private final Findings findings;

    ListKeys(Findings findings) {
        this.findings = findings;
    }

    void check(SchemaNode schema, JsonNode value, String path) {
        if (value.isObject()) {
            value.properties()
                    .forEach(entry -> Paths.field(schema, path, entry.getKey())
                            .ifPresent(field -> check(field.schema(), entry.getValue(), field.path())));
        } else if (value.isArray()) {
            checkList(schema, value, path);
            schema.items().ifPresent(items -> {
                for (int i = 0; i < value.size(); i++) {
                    check(items, value.get(i), Paths.index(path, i));
                }
            });
        }
    }

    private void checkList(SchemaNode schema, JsonNode list, String path) {
        if (schema.listType().equals("set")) {
            checkUnique(list, path, item -> item);
        } else if (schema.listType().equals("map")) {
            for (int i = 0; i < list.size(); i++) {
                if (!list.get(i).isObject() && !list.get(i).isNull()) {
                    findings.invalid(
                            Paths.index(path, i),
                            GoText.value(list.get(i)),
                            "must be an object for an array of list-type map");
                    return;
                }
            }
            checkUnique(list, path, item -> key(schema, item));
        }
    }

    /** Reports a value that occurs more than once only once, at its second position. */
    private void checkUnique(JsonNode list, String path, UnaryOperator<JsonNode> key) {
        Map<JsonNode, Integer> seen = new HashMap<>();
        for (int i = 0; i < list.size(); i++) {
            JsonNode one = key.apply(list.get(i));
            if (seen.merge(one, 1, Integer::sum) == 2) {
                findings.duplicate(Paths.index(path, i), one);
            }
        }
    }

    private static ObjectNode key(SchemaNode schema, JsonNode item) {
        ObjectNode key = JsonNodeFactory.instance.objectNode();
        for (String name : schema.listKeys()) {
            if (item.has(name)) {
                key.set(name, item.get(name));
            }
        }
        return key;
    }

    /** Returns the item with the same key in the previous list; null if there is none, and for lists without keys. */
    static @Nullable JsonNode sameItem(SchemaNode schema, @Nullable JsonNode before, JsonNode item) {
        if (before == null || !before.isArray() || !schema.listType().equals("map")) {
            return null;
        }
        ObjectNode key = key(schema, item);
        for (JsonNode one : before) {
            if (key(schema, one).equals(key)) {
                return one;
            }
        }
        return null;
    }
}
