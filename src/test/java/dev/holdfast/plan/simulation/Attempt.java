package dev.holdfast.plan.simulation;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import dev.holdfast.plan.lifecycle.Action.InspectNodes;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.lifecycle.ObservedState;
import dev.holdfast.plan.lifecycle.OperatorSettings;
import dev.holdfast.plan.lifecycle.VmPlan;
import dev.holdfast.plan.observed.InspectedNode;
import dev.holdfast.plan.observed.VolumeClaims;
import dev.holdfast.plan.simulation.World.SimNode;
import dev.holdfast.plan.simulation.World.Vm;
import dev.holdfast.plan.simulation.World.VmPod;
import dev.holdfast.testbed.fixtures.ObservedStates;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A reconciliation: the observed state, and at any later time its result. */
final class Attempt {
    /** The point at which it fails. */
    enum Fault {
        NONE,
        ACTION_FAILS,
        ANSWER_OF_ACTION_IS_LOST,
        KILLED_BEFORE_STATUS,
        STATUS_FAILS,
        ANSWER_OF_STATUS_IS_LOST
    }

    /** Result of the reconciliation. */
    sealed interface Result {}

    /** The reconciliation is to be retried. */
    record TryAgain() implements Result {}

    /** The operator was killed. */
    record Killed() implements Result {}

    /**
     * It is done.
     *
     * @param answer answer of the API server to a write of the status
     */
    record Done(Optional<PassthroughVM> answer, Optional<Long> recheckMillis) implements Result {}

    static final OperatorSettings DEFAULTS = OperatorSettings.of("launcher:test", false);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(6);
    private static final Instant LONG_AGO = World.time(-3_600_000);

    private final Api api;
    private final PassthroughVM vm;
    private final Instant now;
    private final Optional<Pod> seen;
    private final Set<String> seenPods;
    private ObservedState observed;
    private Fault fault = Fault.NONE;

    Attempt(
            Api api,
            PassthroughVM vm,
            Optional<Pod> pod,
            List<PassthroughNode> reports,
            Set<String> classes,
            Instant now) {
        this.api = api;
        this.vm = vm;
        this.now = now;
        this.observed = ObservedStates.of(vm, pod.orElse(null), reports, classes, claims(api));
        this.seen = pod;
        this.seenPods = pod.filter(there -> there.getSpec().getNodeName() != null)
                .map(there -> Set.of(there.getMetadata().getUid()))
                .orElse(Set.of());
    }

    private static VolumeClaims claims(Api api) {
        PersistentVolumeClaim claim = new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withName(Specs.CLAIM)
                .endMetadata()
                .withNewStatus()
                .withPhase("Bound")
                .endStatus()
                .build();
        return VolumeClaims.of(api.claimExists ? List.of(claim) : List.of());
    }

    Result finish(Fault hit) {
        String before = shared();
        Result result = finished(hit);
        if (!shared().equals(before)) {
            api.violations.add("CHANGED_CACHE", "%s became %s", before, shared());
        }
        return result;
    }

    /** Returns the objects that the reconciliation shares with the caches. */
    private String shared() {
        return Serialization.asJson(vm) + seen.map(Serialization::asJson).orElse("");
    }

    private Result finished(Fault hit) {
        fault = hit;
        Optional<VmPlan> plan = perform(VmPlan.of(observed, DEFAULTS, now));
        if (plan.isEmpty()) {
            return new TryAgain();
        }
        return fault == Fault.KILLED_BEFORE_STATUS ? new Killed() : write(plan.get());
    }

    private Result write(VmPlan plan) {
        Optional<Long> recheck =
                plan.recheck().map(at -> Math.max(1, Duration.between(now, at).toMillis() + 1));
        if (recheck.filter(millis -> millis > LONGEST_WAIT.toMillis()).isPresent()) {
            api.violations.add("LONG_WAIT", "%d s in %s", recheck.get() / 1000, Checks.shown(plan.status()));
        }
        if (plan.status().equals(vm.getStatus())) {
            return new Done(Optional.empty(), recheck);
        }
        if (fault == Fault.STATUS_FAILS || !api.writeStatus(vm, plan.status())) {
            return new TryAgain();
        }
        Vm written = api.vm(vm.getMetadata().getName());
        written.seenPods.addAll(seenPods);
        return fault == Fault.ANSWER_OF_STATUS_IS_LOST
                ? new TryAgain()
                : new Done(Optional.of(written.object()), recheck);
    }

    /** Performs the action; empty when a call fails. */
    private Optional<VmPlan> perform(VmPlan plan) {
        return switch (plan.action()) {
            case Nothing nothing -> Optional.of(plan);
            case InspectNodes inspect -> {
                observed = observed.with(inspect(inspect.names()));
                yield perform(VmPlan.of(observed, DEFAULTS, now));
            }
            case DeletePod delete -> delete(plan, delete);
            case CreatePod create -> create(create);
        };
    }

    private Map<String, InspectedNode> inspect(Set<String> names) {
        Map<String, InspectedNode> found = new HashMap<>();
        for (String name : names) {
            SimNode node = api.node(name);
            found.put(
                    name,
                    new InspectedNode(Optional.of(LONG_AGO), node.outOfService, Optional.ofNullable(node.report)));
        }
        return found;
    }

    private Optional<VmPlan> delete(VmPlan plan, DeletePod delete) {
        if (fault == Fault.ACTION_FAILS) {
            return Optional.empty();
        }
        VmPod pod = api.pods.get(delete.name());
        if (pod != null && pod.uid.equals(delete.uid())) {
            api.violations.log("operator deletes pod %s: %s", pod.uid, Checks.reason(plan.status()));
            api.checks.deleting(vm, pod, plan.status());
        }
        boolean done =
                api.delete(delete.name(), delete.uid(), delete.resourceVersion().orElse(null));
        return done && fault != Fault.ANSWER_OF_ACTION_IS_LOST ? Optional.of(plan) : Optional.empty();
    }

    private Optional<VmPlan> create(CreatePod create) {
        if (fault == Fault.ACTION_FAILS) {
            return Optional.empty();
        }
        if (api.quotaExceeded) {
            return Optional.of(VmPlan.refused(observed, DEFAULTS, now, "exceeded quota"));
        }
        VmPod made = api.create(create.pod(), vm);
        Pod there = made == null ? api.pod(create.pod().getMetadata().getName()).object : made.object;
        if (fault == Fault.ANSWER_OF_ACTION_IS_LOST) {
            return Optional.empty();
        }
        observed = observed.with(there);
        return perform(VmPlan.of(observed, DEFAULTS, now));
    }
}
