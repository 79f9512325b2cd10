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

/** The schemas that the jar carries: those of the CRDs without their descriptions, as JSON, which is read in no time. */
final class SchemaFiles {
    static final Path DIRECTORY = Path.of("src", "main", "resources", "dev", "holdfast", "schema");

    private static final ObjectMapper JSON = JsonMapper.builder()
            .defaultPrettyPrinter(new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter(" ", "\n")))
            .build();

    private SchemaFiles() {}

    /** Names of the files and what they hold. */
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

    /** A property may be named description: its schema is an object, and a description is text. */
    private static JsonNode bare(JsonNode schema) {
        if (schema instanceof ObjectNode fields && fields.path("description").isTextual()) {
            fields.remove("description");
        }
        schema.forEach(SchemaFiles::bare);
        return schema;
    }
}
