package dev.holdfast.user.why;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Reads optional parts of objects: an absent text is empty, an absent list has no items. */
final class Json {
    private Json() {}

    static String text(JsonNode json, String pointer) {
        JsonNode value = json.at(pointer);
        return value.isValueNode() && !value.isNull() ? value.asText() : "";
    }

    static Stream<JsonNode> items(JsonNode json, String pointer) {
        JsonNode list = json.at(pointer);
        return list.isArray() ? StreamSupport.stream(list.spliterator(), false) : Stream.empty();
    }

    /** Returns the conditions that are not as they should be. */
    static Stream<Branch> failing(JsonNode object, String good) {
        return items(object, "/status/conditions")
                .filter(condition -> !text(condition, "/status").equals(good))
                .map(Json::condition);
    }

    static Branch condition(JsonNode condition) {
        String reason = text(condition, "/reason");
        String message = text(condition, "/message");
        return Branch.leaf("%s is %s%s%s"
                .formatted(
                        text(condition, "/type"),
                        text(condition, "/status"),
                        reason.isEmpty() ? "" : " (%s)".formatted(reason),
                        message.isEmpty() ? "" : ": " + message));
    }
}
