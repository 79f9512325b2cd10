package dev.holdfast.user;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Reads optional parts of objects: an absent text is empty, an absent list has no items. */
public final class Json {
    private Json() {}

    public static String text(JsonNode json, String pointer) {
        JsonNode value = json.at(pointer);
        return value.isValueNode() && !value.isNull() ? value.asText() : "";
    }

    public static Stream<JsonNode> items(JsonNode json, String pointer) {
        JsonNode list = json.at(pointer);
        return list.isArray() ? StreamSupport.stream(list.spliterator(), false) : Stream.empty();
    }
}
