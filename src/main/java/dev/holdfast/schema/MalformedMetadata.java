package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Metadata of other types than ObjectMeta has: the server cannot decode it, and looks no further. */
final class MalformedMetadata {
    private MalformedMetadata() {}

    static List<Violation> of(JsonNode metadata) {
        return List.of();
    }
}
