package dev.holdfast.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;

/** The objects of the table: a patch on a valid one, with repetitions spelled out. */
final class CaseObject {
    private CaseObject() {}

    /** As a JSON merge patch: null removes, objects are merged, anything else is replaced. */
    static ObjectNode merged(JsonNode onto, JsonNode patch) {
        ObjectNode result = onto.deepCopy();
        patch.properties().forEach(entry -> {
            JsonNode value = entry.getValue();
            if (value.isNull()) {
                result.remove(entry.getKey());
            } else if (value.isObject() && !value.has("times")) {
                JsonNode there = result.path(entry.getKey());
                result.set(entry.getKey(), merged(there.isObject() ? there : result.objectNode(), value));
            } else {
                result.set(entry.getKey(), spelledOut(value));
            }
        });
        return result;
    }

    /** <code>{times: 3, text: a}</code> is aaa, <code>{times: 2, each: {name: gpu%1$d}}</code> a list of gpu0 and gpu1. */
    private static JsonNode spelledOut(JsonNode value) {
        if (value.has("text")) {
            return RuleCases.JSON
                    .getNodeFactory()
                    .textNode(
                            value.get("text").asText().repeat(value.get("times").asInt()));
        }
        ArrayNode list = RuleCases.JSON.createArrayNode();
        if (value.has("each")) {
            for (int i = 0; i < value.get("times").asInt(); i++) {
                list.add(numbered(value.get("each"), i));
            }
            return list;
        }
        if (value.isArray()) {
            value.forEach(item -> list.add(spelledOut(item)));
            return list;
        }
        return value.isObject() ? merged(RuleCases.JSON.createObjectNode(), value) : value;
    }

    private static JsonNode numbered(JsonNode each, int number) {
        try {
            return RuleCases.JSON.readTree(each.toString().formatted(number));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
