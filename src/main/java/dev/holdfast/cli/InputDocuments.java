package dev.holdfast.cli;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.convert.tree.YamlBounds;
import dev.holdfast.text.Quoted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads the objects of a YAML or JSON file as kubectl would send them to the API server: the items of a List one by one. */
final class InputDocuments {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .build();

    private InputDocuments() {}

    /**
     * Reads the objects in their order.
     *
     * @param name name of the file, for the message
     * @throws IllegalArgumentException with one line, when the text is neither YAML nor JSON, or exceeds the limits
     */
    static List<JsonNode> read(String name, String text) {
        try {
            return (isJson(text) ? json(text) : yaml(text))
                    .stream()
                            .flatMap(InputDocuments::items)
                            .map(InputDocuments::asSent)
                            .toList();
        } catch (JsonProcessingException e) {
            JsonLocation at = e.getLocation();
            throw new IllegalArgumentException(
                    "%s: not valid JSON%s"
                            .formatted(
                                    name,
                                    at == null || at.getLineNr() < 1
                                            ? ""
                                            : " at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr())),
                    e);
        } catch (YamlEngineException e) {
            throw new IllegalArgumentException(
                    "%s: not valid YAML or JSON: %s".formatted(name, Quoted.line(String.valueOf(e.getMessage()))), e);
        } catch (IOException e) {
            throw new IllegalArgumentException(name + ": not valid YAML or JSON", e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
        }
    }

    /** Returns whether the text is JSON; JSON in several YAML documents counts as YAML. */
    private static boolean isJson(String text) {
        String start = text.stripLeading();
        return (start.startsWith("{") || start.startsWith("[")) && !text.contains("\n---");
    }

    private static List<JsonNode> json(String text) throws IOException {
        try (MappingIterator<JsonNode> documents =
                JSON.readerFor(JsonNode.class).readValues(text)) {
            return documents.readAll();
        }
    }

    private static List<JsonNode> yaml(String text) {
        YamlBounds.check(text);
        List<JsonNode> documents = new ArrayList<>();
        for (@Nullable Object document : new Load(LoadSettings.builder().build()).loadAllFromString(text)) {
            documents.add(tree(document));
        }
        return documents;
    }

    private static JsonNode tree(@Nullable Object document) {
        try {
            return JSON.valueToTree(document);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "a key is null, must be text; check the line that begins with ? or :", e);
        }
    }

    private static Stream<JsonNode> items(JsonNode document) {
        if (document.isArray()) {
            return StreamSupport.stream(document.spliterator(), false).flatMap(InputDocuments::items);
        }
        if (document.path("kind").asText().endsWith("List")
                && document.path("items").isArray()) {
            return items(document.get("items"));
        }
        return document.isNull() || document.isMissingNode() ? Stream.empty() : Stream.of(document);
    }

    /** Removes a zero fraction from whole numbers, as Go does when it writes them. */
    private static JsonNode asSent(JsonNode value) {
        if (value instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> entry : object.properties()) {
                entry.setValue(asSent(entry.getValue()));
            }
        } else if (value instanceof ArrayNode list) {
            for (int i = 0; i < list.size(); i++) {
                list.set(i, asSent(list.get(i)));
            }
        } else if (value.isFloatingPointNumber() && value.canConvertToExactIntegral() && value.canConvertToLong()) {
            return JsonNodeFactory.instance.numberNode(value.longValue());
        }
        return value;
    }
}
