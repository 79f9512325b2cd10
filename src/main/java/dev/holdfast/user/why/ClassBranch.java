package dev.holdfast.user.why;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;

/** A device class that a VM names. */
final class ClassBranch {
    private ClassBranch() {}

    /**
     * Returns the class with the counts of its devices.
     *
     * @param isWaiting whether the VM has no node; otherwise only a missing class is of interest
     */
    static Stream<Branch> of(Found found, boolean isWaiting) {
        if (!(found instanceof Found.Read read)) {
            return Stream.of(WhyTree.unread(found));
        }
        JsonNode status = read.json().path("status");
        return isWaiting
                ? Stream.of(Branch.of(read.title() + counts(status), Conditions.failing(read.json(), "True")))
                : Stream.empty();
    }

    private static String counts(JsonNode status) {
        return status.has("total")
                ? ": %d IOMMU groups on %d nodes, %d of them usable"
                        .formatted(
                                status.path("total").asInt(),
                                status.path("nodes").asInt(),
                                status.path("usable").asInt())
                : "";
    }
}
