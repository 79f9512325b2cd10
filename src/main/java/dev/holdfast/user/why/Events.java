package dev.holdfast.user.why;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.user.Json;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.stream.Stream;

/** The latest Warnings about an object. */
final class Events {
    private static final int MAX = 3;

    private Events() {}

    /** Returns the latest Warnings with different reasons, the oldest first. */
    static Stream<Branch> warnings(Found events, JsonNode object) {
        if (!(events instanceof Found.Read read)) {
            return Stream.empty();
        }
        String uid = Json.text(object, "/metadata/uid");
        LinkedHashMap<String, JsonNode> latest = new LinkedHashMap<>();
        Json.items(read.json(), "/items")
                .filter(event -> Json.text(event, "/type").equals("Warning"))
                .filter(event -> Json.text(event, "/involvedObject/uid").equals(uid))
                .sorted(Comparator.comparing(Events::time))
                .forEach(event -> latest.putLast(Json.text(event, "/reason"), event));
        return latest.values().stream()
                .skip(Math.max(0, latest.size() - MAX))
                .map(event -> Branch.leaf("Event %s (%s): %s"
                        .formatted(Json.text(event, "/reason"), time(event), Json.text(event, "/message"))));
    }

    private static String time(JsonNode event) {
        return Stream.of("/lastTimestamp", "/series/lastObservedTime", "/eventTime", "/metadata/creationTimestamp")
                .map(pointer -> Json.text(event, pointer))
                .filter(time -> !time.isEmpty())
                .findFirst()
                .orElse("");
    }
}
