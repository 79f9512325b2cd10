package dev.holdfast.plan.simulation;

import java.util.EnumSet;
import java.util.Random;
import java.util.Set;

/** Kinds of faults and events in a schedule; few of them at once make a failure easy to read. */
enum Feature {
    /** The operator is killed between any two calls of the API server, and calls fail. */
    CRASHES,
    /** Caches lag behind, each by its own delay. */
    STALE_CACHES,
    /** Pods are deleted by force. */
    FORCED_DELETIONS,
    /** Nodes, agents and reports are added and removed. */
    NODES,
    /** The clocks of nodes and of the operator are changed. */
    CLOCKS,
    /** Admission injects a container into every pod, an ordinary or a native sidecar. */
    SIDECARS,
    /** VMs are deleted, and others of the same name are created. */
    RECREATION,
    /** Specs are edited. */
    SPECS,
    /** An operator that lost its Lease continues for a short time. */
    LATE_WRITERS,
    /** Quota, images and claims prevent starts. */
    OBSTACLES,
    /** A second VM requests a device too. */
    SECOND_VM,
    /** Devices are quarantined. */
    QUARANTINE;

    /** Returns a random set, with each feature at a probability of one half. */
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
