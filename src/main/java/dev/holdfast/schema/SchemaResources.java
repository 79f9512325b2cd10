package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** Schemas in the jar: {@code crds/} as JSON without descriptions, written by {@code make crds}. */
final class SchemaResources {
    private SchemaResources() {}

    /**
     * Reads the schema of a kind.
     *
     * @param plural name of the kind in API paths, in lower case
     */
    static CrdSchema read(String plural) {
        JsonMapper mapper = JsonMapper.builder().build();
        ObjectNode crd = (ObjectNode) read(mapper, plural);
        JsonNode metadata = read(mapper, "objectmeta");
        // Fields that rules can use in every object, even if its schema does not contain them.
        ObjectNode fields = (ObjectNode) crd.at("/schema/properties");
        fields.putObject("apiVersion").put("type", "string");
        fields.putObject("kind").put("type", "string");
        ObjectNode names = fields.putObject("metadata").put("type", "object").putObject("properties");
        names.putObject("name").put("type", "string");
        names.putObject("generateName").put("type", "string");
        return new CrdSchema(crd, metadata);
    }

    private static JsonNode read(JsonMapper mapper, String name) {
        try (InputStream resource =
                Objects.requireNonNull(SchemaResources.class.getResourceAsStream(name + ".json"), name)) {
            return mapper.readTree(resource);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
