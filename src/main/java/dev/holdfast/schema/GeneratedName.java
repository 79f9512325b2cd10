package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The name of an object that has only a generateName, which the API server completes before it validates. */
public final class GeneratedName {
    /** In the place of the five random characters. */
    private static final String RANDOM = "xxxxx";

    private static final int MAX_PREFIX = 63 - RANDOM.length();

    private GeneratedName() {}

    /** Returns a name such as the server makes (k8s.io/apiserver/pkg/storage/names, SimpleNameGenerator). */
    public static String of(String prefix) {
        return (prefix.length() > MAX_PREFIX ? prefix.substring(0, MAX_PREFIX) : prefix) + RANDOM;
    }

    /** Gives the object a name when it has a prefix alone. */
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
