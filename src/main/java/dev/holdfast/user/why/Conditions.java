package dev.holdfast.user.why;

import static dev.holdfast.user.Json.items;
import static dev.holdfast.user.Json.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;

/** Conditions of an object, as lines. */
final class Conditions {
    private Conditions() {}

    /** Returns the conditions that are not as they should be. */
    static Stream<Branch> failing(JsonNode object, String good) {
        return items(object, "/status/conditions")
                .filter(condition -> !text(condition, "/status").equals(good))
                .map(Conditions::condition);
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
