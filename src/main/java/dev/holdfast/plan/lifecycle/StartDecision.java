package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.plan.claims.ClaimObstacle;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.InspectNodes;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.pod.CloudInitSecret;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.StateClaim;
import dev.holdfast.plan.pod.VmPod;
import dev.holdfast.plan.status.PodRecord;
import dev.holdfast.plan.status.StatusPlan;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/** Decides about a VM that is to run and has no pod. */
final class StartDecision {
    /** Interval of inspections, as neither taints nor deletions of Nodes are watched. */
    private static final Duration INSPECTED_AGAIN = Duration.ofSeconds(30);

    private final PassthroughVM vm;
    private final ObservedState observed;
    private final OperatorSettings defaults;
    private final Instant now;
    private final PassthroughVMStatus before;
    private final StatusPlan statuses;
    private final FormerPods formerPods;
    private final RestartHistory history;

    StartDecision(
            ObservedState observed,
            OperatorSettings defaults,
            Instant now,
            StatusPlan statuses,
            FormerPods formerPods,
            RestartHistory history) {
        this.vm = observed.vm();
        this.observed = observed;
        this.defaults = defaults;
        this.now = now;
        this.before = StatusPlan.before(vm);
        this.statuses = statuses;
        this.formerPods = formerPods;
        this.history = history;
    }

    VmPlan plan() {
        if (!history.mayStart()) {
            return VmPlan.nothing(off());
        }
        if (new RecordedStatus(before).podUid().isPresent() && !history.isFresh()) {
            Optional<Instant> due = history.nextStart();
            if (due.isEmpty()) {
                return vanished();
            }
            if (now.isBefore(due.get())) {
                return VmPlan.wait(before, due.get());
            }
        }
        return switch (pod()) {
            case PodPlan.Invalid invalid -> VmPlan.nothing(blocked(invalid.cause()));
            case PodPlan.Ready ready ->
                held().or(() -> observed.claims()
                                .obstacle(ObservedState.claimsOf(vm))
                                .or(() -> observed.claimObstacle().flatMap(ClaimObstacle::unusable))
                                .map(cause -> VmPlan.nothing(blocked(cause))))
                        .orElseGet(() -> VmPlan.act(create(ready.pod()), before));
        };
    }

    private PodPlan pod() {
        return VmPod.of(
                vm,
                observed.machine(),
                defaults.pod(),
                observed.nodes(),
                observed.claims().blockDevices(),
                observed.dynamic());
    }

    private CreatePod create(Pod pod) {
        Optional<MachineSpec> machine = observed.valid();
        return new CreatePod(
                pod,
                machine.flatMap(valid -> StateClaim.of(vm, valid, defaults.pod())),
                machine.flatMap(valid -> CloudInitSecret.of(vm, valid)));
    }

    /** Returns the plan while a process of a former pod may run; empty when none may. */
    Optional<VmPlan> held() {
        Set<String> unknown = formerPods.toInspect();
        return unknown.isEmpty()
                ? formerPods.obstacle().map(cause -> VmPlan.wait(blocked(cause), now.plus(INSPECTED_AGAIN)))
                : Optional.of(VmPlan.act(new InspectNodes(unknown), before));
    }

    /** Returns the status of an ended machine without a pod; its end is taken from the former status. */
    PassthroughVMStatus off() {
        Phase end = history.end();
        return statuses.over(
                end,
                PodRecord.of(before).after(formerPods.all()),
                new Cause(
                        offReason(end),
                        "pod %s is gone, and %s".formatted(before.podName(), RunStrategyRules.staysOff(vm))));
    }

    private String offReason(Phase end) {
        if (before.phase() == end) {
            return history.readyReason();
        }
        if (new RecordedStatus(before).end().isEmpty()) {
            return Reason.PodVanished.name();
        }
        return (end == Phase.Succeeded ? Reason.GuestStopped : Reason.GuestFailed).name();
    }

    private VmPlan vanished() {
        int restarts = history.restartsIfItEndsNow();
        Instant nextStart = now.plus(defaults.backoff().delay(restarts));
        // Keeps the reason that was reported before the pod was gone: a drain needs no warning.
        Cause cause = history.isReady(Reason.PodEvicted)
                ? new Cause(
                        Reason.PodEvicted,
                        "pod %s was removed from its node and is gone; a new pod follows".formatted(before.podName()))
                : new Cause(
                        Reason.PodVanished,
                        "pod %s is gone and was not deleted by the operator; a new pod follows"
                                .formatted(before.podName()));
        return VmPlan.wait(statuses.vanished(history.pending().restarted(restarts), nextStart, cause), nextStart);
    }

    private PassthroughVMStatus blocked(Cause cause) {
        return statuses.blocked(
                history.pending().after(formerPods.left()), history.nextStart().orElse(null), cause);
    }
}
