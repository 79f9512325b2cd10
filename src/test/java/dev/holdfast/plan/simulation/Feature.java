package dev.holdfast.plan.simulation;

import java.util.EnumSet;
import java.util.Random;
import java.util.Set;

/** What may happen in a schedule besides the ordinary: few at once make a failure easy to read. */
enum Feature {
    /** The operator is killed between any two calls of the API server, and calls fail. */
    CRASHES,
    /** Caches lag behind, each by its own time. */
    STALE_CACHES,
    /** Pods are deleted by force. */
    FORCED_DELETIONS,
    /** Nodes and agents come and go, and so do reports. */
    NODES,
    /** The clocks of nodes and of the operator jump. */
    CLOCKS,
    /** Admission injects a container into every pod, an ordinary or a native sidecar. */
    SIDECARS,
    /** VMs are deleted, and others of the same name are made. */
    RECREATION,
    /** Specs are edited. */
    SPECS,
    /** An operator that lost its Lease goes on for a moment. */
    LATE_WRITERS,
    /** Quota, images and claims stand in the way. */
    OBSTACLES,
    /** A second VM wants a device too. */
    SECOND_VM,
    /** Devices are quarantined. */
    QUARANTINE;

    /** Each one by a throw of a coin. */
    static Set<Feature> random(Random random) {
        Set<Feature> chosen = EnumSet.noneOf(Feature.class);
        for (Feature feature : values()) {
            if (random.nextBoolean()) {
                chosen.add(feature);
            }
        }
        return chosen;
    }
}
