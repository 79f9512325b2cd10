package dev.holdfast.testbed.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** A change to a present object, which never changes the server's own fields. */
final class Update {
    private static final List<String> OF_THE_SERVER = List.of(
            "name",
            "namespace",
            "uid",
            "creationTimestamp",
            "generation",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "resourceVersion");

    private Update() {}

    /**
     * The object to store, equal to {@code current} when nothing changes.
     *
     * @param wanted     the whole object as the writer would have it; at /status only its status counts
     * @param keepStatus of a write that is not to /status, for kinds that have one
     */
    static ObjectNode of(ApiPath path, ObjectNode current, ObjectNode wanted, boolean keepStatus) {
        JsonNode before = current.path("metadata");
        checkUnchanged(path, before, wanted.path("metadata"), "uid");
        checkUnchanged(path, before, wanted.path("metadata"), "resourceVersion");
        ObjectNode object = path.isStatus() ? current.deepCopy() : wanted.deepCopy();
        JsonNode status = keepStatus ? current.get("status") : wanted.get("status");
        object.remove("status");
        if (status != null) {
            object.set("status", status);
        }
        ObjectNode metadata = object.withObjectProperty("metadata");
        metadata.remove("managedFields");
        for (String field : OF_THE_SERVER) {
            if (before.has(field)) {
                metadata.set(field, before.get(field));
            } else {
                metadata.remove(field);
            }
        }
        if (!path.isStatus() && !specOf(object).equals(specOf(current))) {
            metadata.put("generation", before.path("generation").asLong() + 1);
        }
        return object;
    }

    private static void checkUnchanged(ApiPath path, JsonNode before, JsonNode asked, String field) {
        String actual = before.path(field).asText();
        String expected = asked.path(field).asText("");
        if (!expected.isEmpty() && !expected.equals(actual)) {
            throw ApiFailure.conflict(
                    path.plural(),
                    String.valueOf(path.name()),
                    "the object has been modified; please apply your changes to the latest version and try again ("
                            + field + " is " + actual + ", the request has " + expected + ")");
        }
    }

    private static ObjectNode specOf(ObjectNode object) {
        return object.deepCopy().without(List.of("metadata", "status"));
    }
}
