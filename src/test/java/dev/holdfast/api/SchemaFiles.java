package dev.holdfast.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * Generates the schemas in the jar: those of the CRDs without descriptions, as JSON, which is parsed faster than YAML.
 */
final class SchemaFiles {
    static final Path DIRECTORY = Path.of("src", "main", "resources", "dev", "holdfast", "schema");

    private static final ObjectMapper JSON = JsonMapper.builder()
            .defaultPrettyPrinter(new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter(" ", "\n")))
            .build();

    private SchemaFiles() {}

    /** Returns the contents of the files by name. */
    static Map<String, String> generate() {
        Map<String, String> files = new TreeMap<>();
        for (String yaml : CrdFiles.generate().values()) {
            JsonNode crd = JSON.valueToTree(Serialization.unmarshal(yaml, Map.class));
            files.put(crd.at("/spec/names/plural").asText() + ".json", text(crd));
        }
        return files;
    }

    private static String text(JsonNode crd) {
        JsonNode version = crd.at("/spec/versions/0");
        ObjectNode schema = JSON.createObjectNode()
                .put("kind", crd.at("/spec/names/kind").asText())
                .put("namespaced", crd.at("/spec/scope").asText().equals("Namespaced"))
                .put("statusSubresource", version.at("/subresources").has("status"));
        schema.set("schema", bare(version.at("/schema/openAPIV3Schema").deepCopy()));
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(schema) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Removes descriptions. A property can be named description; its schema is an object, whereas a description is
     * text.
     */
    private static JsonNode bare(JsonNode schema) {
        if (schema instanceof ObjectNode fields && fields.path("description").isTextual()) {
            fields.remove("description");
        }
        schema.forEach(SchemaFiles::bare);
        return schema;
    }
}
