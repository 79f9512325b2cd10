package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.plan.claims.ClaimObstacle;
import dev.holdfast.plan.claims.DynamicResources;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.machine.TolerantSpec;
import dev.holdfast.plan.observed.DeviceShortage;
import dev.holdfast.plan.observed.VolumeClaims;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Collectors;

/** Explains why a pod has no node, with more than the scheduler's "Insufficient holdfast.dev/x", then the scheduler's message. */
final class SchedulingObstacle {
    private SchedulingObstacle() {}

    /** Message of the scheduler before it has checked any node: pkg/scheduler/framework/plugins/volumebinding. */
    private static final String UNBOUND = "unbound immediate PersistentVolumeClaims";

    /**
     * Returns why the VM's pod has no node; empty while the scheduler has reported nothing and no obstacle is known. An unbound
     * claim is reported together with a shortage of devices, because either may wait for the other.
     *
     * @param refusal the scheduler's message, once it has tried
     */
    static Optional<Cause> unscheduled(ObservedState observed, Optional<String> refusal) {
        SortedMap<String, Integer> wanted =
                TolerantSpec.deviceCounts(observed.vm().getSpec());
        VolumeClaims claims = observed.claims();
        Optional<Cause> unbound = claims.pending(ObservedState.mountedClaims(observed.vm()));
        Optional<Cause> shortage = shortage(wanted, observed.nodes().all(), observed.classes(), refusal);
        Optional<ClaimObstacle> devices = observed.claimObstacle();
        return claims.obstacle(ObservedState.claimsOf(observed.vm()))
                .or(() -> devices.flatMap(ClaimObstacle::unusable))
                .or(() -> notOffered(wanted, observed.dynamic()))
                .or(() -> unbound.filter(claim -> shortage.isEmpty()
                        || refusal.filter(message -> message.contains(UNBOUND)).isPresent()))
                .or(() -> shortage.map(missing ->
                        unbound.map(claim -> combined(missing, claim)).orElse(missing)))
                .or(() -> devices.flatMap(obstacle -> obstacle.unscheduled(refusal)))
                .or(() -> otherObstacle(wanted, observed.nodes().all(), refusal));
    }

    /** Returns why a class that is served by DRA does not offer its extended resource. */
    private static Optional<Cause> notOffered(SortedMap<String, Integer> wanted, DynamicResources dynamic) {
        return wanted.keySet().stream()
                .flatMap(resource -> Given.of(dynamic.notOffered().get(resource)).stream())
                .findFirst();
    }

    private static Cause combined(Cause devices, Cause claim) {
        return new Cause(devices.reason(), devices.message() + "; also, " + claim.message());
    }

    /**
     * Returns the shortage of devices that prevents scheduling; empty when there is none.
     *
     * @param wanted  number of devices of each extended resource
     * @param classes the names of all device classes
     * @param refusal the scheduler's message, once it has tried
     */
    static Optional<Cause> shortage(
            SortedMap<String, Integer> wanted,
            List<PassthroughNode> nodes,
            Set<String> classes,
            Optional<String> refusal) {
        String scheduler =
                refusal.map(message -> "; the scheduler reports: " + message).orElse("");
        return wanted.entrySet().stream()
                .flatMap(
                        entry -> new DeviceShortage(entry.getKey(), entry.getValue(), nodes).obstacle(classes).stream())
                .findFirst()
                .map(cause -> new Cause(cause.reason(), cause.message() + scheduler));
    }

    /** Returns the scheduler's message when no other obstacle is known; empty while it has reported nothing. */
    static Optional<Cause> otherObstacle(
            SortedMap<String, Integer> wanted, List<PassthroughNode> nodes, Optional<String> refusal) {
        return refusal.map(message -> new Cause(Reason.Unschedulable, devicesAreFree(wanted, nodes) + message));
    }

    /** Returns the beginning of the message when enough devices are free; a claim's devices are the scheduler's matter. */
    private static String devicesAreFree(SortedMap<String, Integer> wanted, List<PassthroughNode> nodes) {
        return wanted.isEmpty()
                ? "no node can run the pod; the scheduler reports: "
                : wanted.entrySet().stream()
                                .map(entry -> new DeviceShortage(entry.getKey(), entry.getValue(), nodes).free())
                                .collect(Collectors.joining(" and "))
                        + ", so another obstacle exists; the scheduler reports: ";
    }
}
