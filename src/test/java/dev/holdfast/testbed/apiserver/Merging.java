package dev.holdfast.testbed.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The two ways in which a partial object becomes part of a whole one. Lists are replaced as one. */
final class Merging {
    private Merging() {}

    /** RFC 7386: null removes. Changes {@code target} in place. */
    static void patch(ObjectNode target, JsonNode patch) {
        for (Map.Entry<String, JsonNode> field : patch.properties()) {
            JsonNode value = field.getValue();
            if (value.isNull()) {
                target.remove(field.getKey());
            } else if (value.isObject()) {
                JsonNode old = target.get(field.getKey());
                ObjectNode child = old instanceof ObjectNode object ? object : target.putObject(field.getKey());
                patch(child, value);
            } else {
                target.set(field.getKey(), value.deepCopy());
            }
        }
    }

    /**
     * Server-side apply by one manager: what it applied before and does not any more goes, the rest is merged.
     * Ownership by several managers, list keys and conflicts are left to a real API server.
     *
     * @param previous what the same manager applied last; null at its first apply
     */
    static void apply(ObjectNode target, @Nullable JsonNode previous, JsonNode applied) {
        if (previous != null) {
            removeAbandoned(target, previous, applied);
        }
        patch(target, applied);
    }

    private static void removeAbandoned(ObjectNode target, JsonNode previous, JsonNode applied) {
        for (Map.Entry<String, JsonNode> field : previous.properties()) {
            JsonNode still = applied.get(field.getKey());
            JsonNode live = target.get(field.getKey());
            if (live instanceof ObjectNode liveObject && field.getValue().isObject()) {
                removeAbandoned(liveObject, field.getValue(), still == null ? MissingNode.getInstance() : still);
                if (still == null && liveObject.isEmpty()) {
                    target.remove(field.getKey());
                }
            } else if (still == null) {
                target.remove(field.getKey());
            }
        }
    }
}
