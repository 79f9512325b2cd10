package dev.holdfast.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * What the API server shall say to one object.
 *
 * @param before     for a change of the status: the object before it; null for a create
 * @param object     what is sent
 * @param accepted   what the answer has at least, defaults among it; missing when it is refused
 * @param at         the field that the refusal names, such as {@code spec.devices.gpus[0].name}; empty for none
 * @param refused    words of the refusal; empty when it is accepted
 */
public record RuleCase(
        Kind kind,
        String name,
        @Nullable ObjectNode before,
        ObjectNode object,
        JsonNode accepted,
        String at,
        String refused) {

    /** Where the objects of a kind live. */
    public record Kind(String name, String plural, boolean namespaced) {}

    public boolean isAccepted() {
        return accepted.isObject();
    }

    static RuleCase of(Kind kind, ObjectNode base, JsonNode words) {
        ObjectNode from = CaseObject.merged(base, words.path("before"));
        return new RuleCase(
                kind,
                words.get("name").asText(),
                words.has("before") ? from : null,
                CaseObject.merged(from, words.path("with")),
                words.path("accepted"),
                words.path("at").asText(),
                words.path("refused").asText());
    }

    @Override
    public String toString() {
        return kind.name() + ": " + name;
    }
}
