package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Metadata of other types than ObjectMeta has: the server cannot decode it and looks no further. The text is that of
 * sigs.k8s.io/json, which decodes the fields in the order of their names and reports the first fault.
 */
final class MalformedMetadata {
    private static final String STRUCT = "ObjectMeta";

    /** Go's names of types that are not those of JSON. */
    private static final Map<String, String> GO_TYPES = Map.of(
            "uid", "types.UID",
            "ownerReferences.uid", "types.UID",
            "ownerReferences", "[]v1.OwnerReference",
            "managedFields", "[]v1.ManagedFieldsEntry",
            "managedFields.operation", "v1.ManagedFieldsOperationType");

    private MalformedMetadata() {}

    /** Finds the fault that the server reports; empty for none. */
    static List<Violation> of(SchemaNode schema, JsonNode metadata) {
        return fault(schema, metadata, STRUCT, "")
                .map(text -> List.of(new Violation("metadata", text, "")))
                .orElse(List.of());
    }

    private static Optional<String> fault(SchemaNode schema, JsonNode value, String struct, String path) {
        String type = StructureCheck.type(value);
        if (value.isNull() || value.isMissingNode() || schema.keepsUnknownFields()) {
            return Optional.empty();
        }
        if (!schema.accepts(type)) {
            return Optional.of(text(schema, value, type, struct, path));
        }
        if (value.isArray()) {
            return items(schema, value, struct, path);
        }
        Map<String, JsonNode> sorted = new TreeMap<>();
        value.properties().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        return sorted.entrySet().stream()
                .map(entry -> field(schema, entry.getKey(), entry.getValue(), struct, path))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** The key of a map is not in the path that Go shows. */
    private static Optional<String> field(
            SchemaNode schema, String name, JsonNode value, String struct, String path) {
        SchemaNode named = schema.field(name).orElse(null);
        return named != null
                ? fault(named, value, struct, Paths.child(path, name))
                : schema.others().flatMap(others -> fault(others, value, struct, path));
    }

    /** Nor is the index of an item. */
    private static Optional<String> items(SchemaNode schema, JsonNode list, String struct, String path) {
        String goType = GO_TYPES.get(path);
        String inner = goType == null ? struct : goType.substring(goType.indexOf('.') + 1);
        SchemaNode items = schema.items().orElse(null);
        for (int i = 0; items != null && i < list.size(); i++) {
            Optional<String> fault = fault(items, list.get(i), inner, path);
            if (fault.isPresent()) {
                return fault;
            }
        }
        return Optional.empty();
    }

    private static String text(SchemaNode schema, JsonNode value, String type, String struct, String path) {
        boolean isTime = path.endsWith("Timestamp") || path.equals("managedFields.time");
        String found =
                switch (type) {
                    case "boolean" -> "bool";
                    case "number" -> schema.accepts("integer") ? "number " + GoText.json(value) : "number";
                    case "integer" -> "number";
                    default -> type;
                };
        return path.isEmpty() || isTime
                ? "json: cannot unmarshal %s into Go value of type %s"
                        .formatted(found, isTime ? "string" : "v1." + STRUCT)
                : "json: cannot unmarshal %s into Go struct field %s.%s of type %s"
                        .formatted(found, struct, path, goType(schema, path));
    }

    private static String goType(SchemaNode schema, String path) {
        String special = GO_TYPES.get(path);
        return special != null ? special : goType(schema);
    }

    private static String goType(@Nullable SchemaNode schema) {
        return switch (schema == null ? "" : schema.declaredType()) {
            case "integer" -> "int64";
            case "boolean" -> "bool";
            case "array" -> "[]" + goType(schema.items().orElse(null));
            case "object" -> "map[string]string";
            default -> "string";
        };
    }
}
