package dev.holdfast.testbed.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** When a DELETE removes an object and when it only marks it, after upstream's rest.BeforeDelete and the pod strategy. */
final class Deletion {
    /** terminationGracePeriodSeconds of a pod that does not say. */
    static final long DEFAULT_GRACE_SECONDS = 30;

    private static final Set<String> ENDED = Set.of("Succeeded", "Failed");

    private Deletion() {}

    /**
     * Returns the remaining object; empty when it is removed.
     *
     * @param graceSeconds of the request; null when it has none
     */
    static Optional<ObjectNode> of(ObjectNode current, boolean pod, @Nullable Long graceSeconds, Instant now) {
        JsonNode metadata = current.path("metadata");
        boolean marked = metadata.hasNonNull("deletionTimestamp");
        long grace = pod ? podGrace(current, graceSeconds) : 0;
        if (marked) {
            // A grace period under way can be cut, never extended.
            grace = Math.min(grace, metadata.path("deletionGracePeriodSeconds").asLong(0));
        }
        if (grace == 0 && !hasFinalizers(current)) {
            return Optional.empty();
        }
        if (marked && grace == metadata.path("deletionGracePeriodSeconds").asLong(0)) {
            return Optional.of(current);
        }
        ObjectNode left = current.deepCopy();
        ObjectNode leftMetadata = left.withObjectProperty("metadata");
        leftMetadata.put(
                "deletionTimestamp",
                now.plusSeconds(grace).truncatedTo(ChronoUnit.SECONDS).toString());
        leftMetadata.put("deletionGracePeriodSeconds", grace);
        leftMetadata.put("generation", leftMetadata.path("generation").asLong() + 1);
        return Optional.of(left);
    }

    /** Returns whether a changed object must be removed because its last finalizer is removed. */
    static boolean isDue(ObjectNode object) {
        JsonNode metadata = object.path("metadata");
        return metadata.hasNonNull("deletionTimestamp")
                && metadata.path("deletionGracePeriodSeconds").asLong(0) == 0
                && !hasFinalizers(object);
    }

    private static long podGrace(ObjectNode pod, @Nullable Long requested) {
        boolean nobodyToWaitFor = pod.path("spec").path("nodeName").asText().isEmpty()
                || ENDED.contains(pod.path("status").path("phase").asText());
        if (nobodyToWaitFor) {
            return 0;
        }
        long grace = requested != null
                ? requested
                : pod.path("spec").path("terminationGracePeriodSeconds").asLong(DEFAULT_GRACE_SECONDS);
        return grace < 0 ? 1 : grace;
    }

    private static boolean hasFinalizers(ObjectNode object) {
        return !object.path("metadata").path("finalizers").isEmpty();
    }
}
