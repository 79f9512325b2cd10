package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.google.re2j.Pattern;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Node of a structural schema. Nodes below it are read at their first use. Thread-safe. */
final class SchemaNode {
    /** Supported keywords; {@code ShippedSchemasTest} fails for a CRD with any other. */
    static final Set<String> KEYWORDS = Set.of(
            "type",
            "format",
            "nullable",
            "default",
            "enum",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "pattern",
            "minItems",
            "maxItems",
            "minProperties",
            "maxProperties",
            "required",
            "properties",
            "additionalProperties",
            "items",
            "anyOf",
            "x-kubernetes-int-or-string",
            "x-kubernetes-list-type",
            "x-kubernetes-list-map-keys",
            "x-kubernetes-map-type",
            "x-kubernetes-preserve-unknown-fields",
            "x-kubernetes-validations");

    private final JsonNode json;
    private final Map<String, SchemaNode> below = new ConcurrentHashMap<>();
    private volatile @Nullable Pattern pattern;
    private volatile @Nullable List<Rule> rules;

    SchemaNode(JsonNode json) {
        this.json = json;
    }

    /** Returns the type as in the server's messages: {@code integer,string} for a value that can be either. */
    String type() {
        return isIntOrString() ? "integer,string" : json.path("type").asText();
    }

    /** Returns the type; empty for a value that can be an integer or a string. */
    String declaredType() {
        return json.path("type").asText();
    }

    boolean accepts(String type) {
        return isIntOrString()
                ? type.equals("integer") || type.equals("string")
                : json.path("type").asText().equals(type);
    }

    boolean isIntOrString() {
        return json.path("x-kubernetes-int-or-string").asBoolean();
    }

    boolean isNullable() {
        return json.path("nullable").asBoolean();
    }

    boolean keepsUnknownFields() {
        return json.path("x-kubernetes-preserve-unknown-fields").asBoolean();
    }

    String format() {
        return json.path("format").asText();
    }

    /** Returns a bound; a missing node if there is none. */
    JsonNode bound(String keyword) {
        return json.path(keyword);
    }

    /** Returns a bound of a length or number of items; {@code absent} if there is none. */
    long bound(String keyword, long absent) {
        return json.path(keyword).asLong(absent);
    }

    List<JsonNode> values() {
        return list(json.path("enum"));
    }

    List<String> required() {
        return list(json.path("required")).stream().map(JsonNode::asText).toList();
    }

    /** Returns the default; a missing node if there is none. */
    JsonNode defaultValue() {
        return json.has("default") ? json.get("default") : MissingNode.getInstance();
    }

    String listType() {
        return json.path("x-kubernetes-list-type").asText();
    }

    List<String> listKeys() {
        return list(json.path("x-kubernetes-list-map-keys")).stream()
                .map(JsonNode::asText)
                .toList();
    }

    /** Returns the alternatives, at least one of which a value must match. */
    List<SchemaNode> anyOf() {
        JsonNode alternatives = json.path("anyOf");
        return alternatives.isEmpty()
                ? List.of()
                : list(alternatives).stream().map(SchemaNode::new).toList();
    }

    /** Returns the names of the known fields in their order. */
    List<String> fields() {
        return json.path("properties").properties().stream()
                .map(Map.Entry::getKey)
                .toList();
    }

    Optional<SchemaNode> field(String name) {
        return child(json.path("properties").path(name), "." + name);
    }

    /** Returns the schema of a map's entries; empty if additional fields are not allowed. */
    Optional<SchemaNode> others() {
        JsonNode others = json.path("additionalProperties");
        return others.isObject() ? child(others, "{}") : Optional.empty();
    }

    Optional<SchemaNode> items() {
        return child(json.path("items"), "[]");
    }

    /** Returns the schema of a known field or of a map's entry. */
    Optional<SchemaNode> any(String name) {
        return field(name).or(this::others);
    }

    private Optional<SchemaNode> child(JsonNode schema, String key) {
        return schema.isObject()
                ? Optional.of(below.computeIfAbsent(key, absent -> new SchemaNode(schema)))
                : Optional.empty();
    }

    String patternText() {
        return json.path("pattern").asText();
    }

    /** Returns whether the pattern matches any part of the text, as in Go; true if there is no pattern. */
    boolean matches(String text) {
        if (!json.has("pattern")) {
            return true;
        }
        Pattern compiled = pattern;
        if (compiled == null) {
            compiled = Pattern.compile(patternText());
            pattern = compiled;
        }
        return compiled.matcher(text).find();
    }

    /** Returns the CEL rules of this node in their order. */
    List<Rule> rules() {
        List<Rule> read = rules;
        if (read == null) {
            read = list(json.path("x-kubernetes-validations")).stream()
                    .map(Rule::of)
                    .toList();
            rules = read;
        }
        return read;
    }

    private static List<JsonNode> list(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }
}
