package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Unknown fields, as strict field validation reports them
 * (k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning), each with the known field whose name is nearest.
 */
final class UnknownFields {
    /** Fields of every object, whether or not its schema contains them. */
    private static final Set<String> META = Set.of("apiVersion", "kind", "metadata");

    private final List<Violation> found = new ArrayList<>();

    private UnknownFields() {}

    /** Returns the unknown fields of an object, sorted by path. */
    static List<Violation> of(SchemaNode schema, JsonNode object, SchemaNode metadata) {
        List<Violation> all = new ArrayList<>(below("metadata", metadata, object.path("metadata")));
        all.addAll(below("", schema, object));
        return all;
    }

    private static List<Violation> below(String path, SchemaNode schema, JsonNode value) {
        UnknownFields fields = new UnknownFields();
        fields.collect(path, schema, value);
        fields.found.sort(Comparator.comparing(Violation::path));
        return fields.found;
    }

    private void collect(String path, @Nullable SchemaNode schema, JsonNode value) {
        if (value.isArray()) {
            SchemaNode items = schema == null ? null : schema.items().orElse(null);
            for (int i = 0; i < value.size(); i++) {
                collect(Paths.index(path, i), items, value.get(i));
            }
        } else if (value.isObject()) {
            value.properties().forEach(entry -> collectField(path, schema, entry.getKey(), entry.getValue()));
        }
    }

    private void collectField(String path, @Nullable SchemaNode schema, String name, JsonNode value) {
        if (path.isEmpty() && META.contains(name)) {
            return;
        }
        String fieldPath = Paths.child(path, name);
        SchemaNode field = schema == null ? null : schema.any(name).orElse(null);
        if (field != null) {
            collect(fieldPath, field, value);
        } else if (schema == null || !schema.keepsUnknownFields()) {
            found.add(new Violation(fieldPath, "unknown field \"" + fieldPath + "\"", suggestion(path, schema, name)));
        }
    }

    private static String suggestion(String path, @Nullable SchemaNode schema, String name) {
        List<String> known = new ArrayList<>(schema == null ? List.of() : schema.fields());
        if (path.isEmpty()) {
            known.addAll(META);
        }
        return NearestName.of(name, known)
                .map(near -> "did you mean \"" + near + "\"?")
                .orElse("");
    }
}
