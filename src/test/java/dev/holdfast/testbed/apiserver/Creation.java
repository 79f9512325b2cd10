package dev.holdfast.testbed.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Additions of the API server to a created object: metadata, and for Pods the defaults that other components require. */
final class Creation {
    private Creation() {}

    /** Changes {@code object} in place. */
    static void complete(ObjectNode object, ApiPath path, boolean statusIsolated, Instant now) {
        ObjectNode metadata = object.withObjectProperty("metadata");
        UUID uid = UUID.randomUUID();
        if (metadata.path("name").asText().isEmpty()) {
            String suffix = uid.toString().substring(0, 5);
            metadata.put("name", metadata.path("generateName").asText() + suffix);
        }
        if (path.namespace() != null) {
            metadata.put("namespace", path.namespace());
        }
        metadata.put("uid", uid.toString());
        metadata.put("creationTimestamp", now.truncatedTo(ChronoUnit.SECONDS).toString());
        metadata.put("generation", 1);
        metadata.remove(Set.of("resourceVersion", "managedFields", "deletionTimestamp", "deletionGracePeriodSeconds"));
        if (statusIsolated) {
            object.remove("status");
        }
        if (path.isPod()) {
            completePod(object);
        }
    }

    private static void completePod(ObjectNode pod) {
        ObjectNode spec = pod.withObjectProperty("spec");
        putDefault(spec, "restartPolicy", "Always");
        putDefault(spec, "schedulerName", "default-scheduler");
        if (!spec.has("terminationGracePeriodSeconds")) {
            spec.put("terminationGracePeriodSeconds", Deletion.DEFAULT_GRACE_SECONDS);
        }
        for (JsonNode container : spec.path("containers")) {
            defaultRequests((ObjectNode) container);
        }
        ObjectNode status = pod.withObjectProperty("status");
        status.put("phase", "Pending").put("qosClass", qosClass(spec));
    }

    /** A limit without a request is a request too. */
    private static void defaultRequests(ObjectNode container) {
        JsonNode limits = container.path("resources").path("limits");
        for (Map.Entry<String, JsonNode> limit : limits.properties()) {
            ObjectNode requests = container.withObjectProperty("resources").withObjectProperty("requests");
            if (!requests.has(limit.getKey())) {
                requests.set(limit.getKey(), limit.getValue());
            }
        }
    }

    /** By cpu and memory alone, as upstream's ComputePodQOS does: extended resources do not count. */
    static String qosClass(JsonNode podSpec) {
        boolean guaranteed = true;
        boolean bestEffort = true;
        for (JsonNode container : podSpec.path("containers")) {
            JsonNode requests = container.path("resources").path("requests");
            JsonNode limits = container.path("resources").path("limits");
            for (String resource : new String[] {"cpu", "memory"}) {
                bestEffort &= !requests.has(resource) && !limits.has(resource);
                guaranteed &= limits.has(resource)
                        && (!requests.has(resource) || requests.get(resource).equals(limits.get(resource)));
            }
        }
        return bestEffort ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
    }

    private static void putDefault(ObjectNode object, String field, String value) {
        if (!object.has(field)) {
            object.put(field, value);
        }
    }
}
