package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Name of an object that has only a generateName; the API server completes it before validation. */
public final class GeneratedName {
    /** Placeholder for the five random characters. */
    private static final String RANDOM = "xxxxx";

    private static final int MAX_PREFIX = 63 - RANDOM.length();

    private GeneratedName() {}

    /**
     * Returns a name like those that the server generates (k8s.io/apiserver/pkg/storage/names, SimpleNameGenerator).
     */
    public static String of(String prefix) {
        return (prefix.length() > MAX_PREFIX ? prefix.substring(0, MAX_PREFIX) : prefix) + RANDOM;
    }

    /** Sets the object's name if it has only a generateName. */
    static void complete(ObjectNode object) {
        JsonNode metadata = object.path("metadata");
        String prefix = metadata.path("generateName").asText("");
        if (metadata instanceof ObjectNode fields
                && !prefix.isEmpty()
                && metadata.path("name").asText("").isEmpty()) {
            fields.put("name", of(prefix));
        }
    }
}
