package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Check for metadata whose types are not those of ObjectMeta: the server cannot decode it and checks nothing else. The
 * message is that of sigs.k8s.io/json, which decodes fields in the order of their names and reports the first fault; an
 * invalid time is reported before all other faults.
 */
final class MalformedMetadata {
    private static final String META = "v1.ObjectMeta";

    /** Go's names of types that differ from those of JSON. */
    private static final Map<String, String> GO_TYPES = Map.of(
            "uid", "types.UID",
            "ownerReferences.uid", "types.UID",
            "ownerReferences", "[]v1.OwnerReference",
            "managedFields", "[]v1.ManagedFieldsEntry",
            "managedFields.operation", "v1.ManagedFieldsOperationType");

    private MalformedMetadata() {}

    /** Returns the fault that the server reports; empty if there is none. */
    static List<Violation> of(SchemaNode schema, JsonNode metadata) {
        return timeFault(schema, metadata)
                .or(() -> fault(schema, metadata, META, META, ""))
                .map(text -> List.of(new Violation("metadata", text, "")))
                .orElse(List.of());
    }

    private static Optional<String> timeFault(SchemaNode schema, JsonNode metadata) {
        return Stream.of("creationTimestamp", "deletionTimestamp")
                .flatMap(name -> time(schema, metadata.path(name), name).stream())
                .findFirst();
    }

    private static Optional<String> time(SchemaNode schema, JsonNode value, String name) {
        return value.isTextual()
                ? GoTime.fault(value.textValue())
                : schema.field(name).flatMap(field -> fault(field, value, "string", META, name));
    }

    /**
     * @param goType Go type of the value
     * @param struct Go struct that contains the value
     * @param path   path of the field, without indices and keys
     */
    private static Optional<String> fault(
            SchemaNode schema, JsonNode value, String goType, String struct, String path) {
        String type = StructureCheck.type(value);
        if (value.isNull() || value.isMissingNode() || schema.keepsUnknownFields()) {
            return Optional.empty();
        }
        if (!schema.accepts(type)) {
            String found = found(schema, value, type);
            return Optional.of(
                    path.isEmpty()
                            ? "json: cannot unmarshal %s into Go value of type %s".formatted(found, goType)
                            : "json: cannot unmarshal %s into Go struct field %s.%s of type %s"
                                    .formatted(found, struct.substring("v1.".length()), path, goType));
        }
        if (value.isArray()) {
            return items(schema, value, goType.substring("[]".length()), struct, path);
        }
        Map<String, JsonNode> sorted = new TreeMap<>();
        value.properties().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        return sorted.entrySet().stream()
                .flatMap(entry -> field(schema, entry.getKey(), entry.getValue(), goType, struct, path).stream())
                .findFirst();
    }

    private static Optional<String> items(SchemaNode schema, JsonNode list, String goType, String struct, String path) {
        return schema.items()
                .flatMap(items -> Stream.iterate(0, i -> i < list.size(), i -> i + 1)
                        .flatMap(i -> fault(items, list.get(i), goType, struct, path).stream())
                        .findFirst());
    }

    /**
     * Returns the fault of a field or entry: a field of a struct is reported by its own path, an entry of a map by the
     * path of the map.
     */
    private static Optional<String> field(
            SchemaNode schema, String name, JsonNode value, String goType, String struct, String path) {
        SchemaNode named = schema.field(name).orElse(null);
        String below = Paths.child(path, name);
        return named != null
                ? fault(named, value, goType(named, below), goType, below)
                : schema.others().flatMap(others -> fault(others, value, "string", struct, path));
    }

    private static String found(SchemaNode schema, JsonNode value, String type) {
        return switch (type) {
            case "boolean" -> "bool";
            case "number" -> schema.accepts("integer") ? "number " + GoText.json(value) : "number";
            case "integer" -> "number";
            default -> type;
        };
    }

    private static String goType(SchemaNode schema, String path) {
        String special = GO_TYPES.get(path);
        return special != null
                ? special
                : switch (schema.declaredType()) {
                    case "integer" -> "int64";
                    case "boolean" -> "bool";
                    case "array" -> "[]string";
                    case "object" -> "map[string]string";
                    default -> "string";
                };
    }
}
