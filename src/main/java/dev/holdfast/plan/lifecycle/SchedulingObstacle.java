package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.plan.machine.SpecBasics;
import dev.holdfast.plan.observed.DeviceAvailability;
import dev.holdfast.plan.observed.VolumeClaims;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Collectors;

/** Why a pod has no node: what the scheduler's "Insufficient holdfast.dev/x" does not say, and then its own words. */
final class SchedulingObstacle {
    private SchedulingObstacle() {}

    /** What the scheduler says before it has looked at any node: pkg/scheduler/framework/plugins/volumebinding. */
    private static final String UNBOUND = "unbound immediate PersistentVolumeClaims";

    /**
     * Returns why the VM's pod has no node; empty while the scheduler has said nothing and nothing is known to be missing. A
     * claim without a volume is named beside a shortage of devices: it may wait for the node, or the node for it.
     *
     * @param refusal the scheduler's words, once it has tried
     */
    static Optional<Cause> unscheduled(ObservedState observed, Optional<String> refusal) {
        SortedMap<String, Integer> wanted =
                SpecBasics.deviceCounts(observed.vm().getSpec());
        VolumeClaims claims = observed.claims();
        Optional<Cause> unbound = claims.pending(ObservedState.mountedClaims(observed.vm()));
        Optional<Cause> shortage = shortage(wanted, observed.nodes(), observed.classes(), refusal);
        return claims.obstacle(ObservedState.claimsOf(observed.vm()))
                .or(() -> unbound.filter(claim -> shortage.isEmpty()
                        || refusal.filter(words -> words.contains(UNBOUND)).isPresent()))
                .or(() -> shortage.map(
                        devices -> unbound.map(claim -> besides(devices, claim)).orElse(devices)))
                .or(() -> somethingElse(wanted, observed.nodes(), refusal));
    }

    private static Cause besides(Cause devices, Cause claim) {
        return new Cause(devices.reason(), devices.message() + "; besides, " + claim.message());
    }

    /**
     * What of the devices keeps a pod without a node; empty when they do not.
     *
     * @param wanted  how many of each extended resource
     * @param classes the names of all device classes
     * @param refusal the scheduler's words, once it has tried
     */
    static Optional<Cause> shortage(
            SortedMap<String, Integer> wanted,
            List<PassthroughNode> nodes,
            Set<String> classes,
            Optional<String> refusal) {
        String scheduler =
                refusal.map(words -> "; the scheduler says: " + words).orElse("");
        return wanted.entrySet().stream()
                .flatMap(entry ->
                        new DeviceAvailability(entry.getKey(), entry.getValue(), nodes).obstacle(classes).stream())
                .findFirst()
                .map(cause -> new Cause(cause.reason(), cause.message() + scheduler));
    }

    /** What the scheduler says where nothing that we know of is in the way; empty while it has said nothing. */
    static Optional<Cause> somethingElse(
            SortedMap<String, Integer> wanted, List<PassthroughNode> nodes, Optional<String> refusal) {
        return refusal.map(words -> new Cause(Reason.Unschedulable, otherwise(wanted, nodes) + words));
    }

    /** The devices are there, so it is something else. */
    private static String otherwise(SortedMap<String, Integer> wanted, List<PassthroughNode> nodes) {
        return wanted.entrySet().stream()
                        .map(entry -> new DeviceAvailability(entry.getKey(), entry.getValue(), nodes).free())
                        .collect(Collectors.joining(" and "))
                + ", so something else is in the way; the scheduler says: ";
    }
}
