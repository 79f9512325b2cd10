package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.plan.claims.ClaimObstacle;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import dev.holdfast.plan.observed.LostDevices;
import dev.holdfast.plan.observed.ObservedPod;
import dev.holdfast.plan.observed.PodState;
import dev.holdfast.plan.observed.PodState.Ended;
import dev.holdfast.plan.observed.PodState.Lost;
import dev.holdfast.plan.observed.PodState.Preparing;
import dev.holdfast.plan.observed.PodState.Started;
import dev.holdfast.plan.observed.PodState.Unscheduled;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.observed.ReportedGrants;
import dev.holdfast.plan.observed.Times;
import dev.holdfast.plan.pod.BarWindow;
import dev.holdfast.plan.status.PodRecord;
import dev.holdfast.plan.status.StatusPlan;
import dev.holdfast.plan.status.VmConditions;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Decides about a VM with a bound pod of its own. A start without delay writes the status only twice: when the pod is bound,
 * and when QEMU runs; see {@link OperatorSettings#settle()}.
 */
final class BoundPodDecision {
    /** Reasons of intermediate states of a start. */
    private static final Set<Reason> INTERMEDIATE =
            Set.of(Reason.Scheduling, Reason.PreparingPod, Reason.WaitingForGrant);

    /** Interval of looks at a kubelet's Events while it prepares devices of claims. */
    private static final Duration LOOKED_AGAIN = Duration.ofSeconds(15);

    private final PassthroughVM vm;
    private final ObservedState observed;
    private final Pod pod;
    private final PodRecord binding;
    private final OperatorSettings defaults;
    private final Instant now;
    private final PassthroughVMStatus before;
    private final StatusPlan statuses;

    BoundPodDecision(ObservedState observed, Pod pod, PodRecord binding, OperatorSettings defaults, Instant now) {
        this.vm = observed.vm();
        this.observed = observed;
        this.pod = pod;
        this.binding = binding.withPod(pod);
        this.defaults = defaults;
        this.now = now;
        this.before = StatusPlan.before(vm);
        this.statuses = new StatusPlan(vm, now);
    }

    VmPlan plan() {
        return switch (PodState.of(pod)) {
            case Unscheduled unscheduled -> unscheduled(unscheduled);
            case Preparing preparing -> preparing(preparing);
            case Started started -> started(started);
            case Ended ended -> ended(ended);
            case Lost lost ->
                VmPlan.nothing(statuses.lost(
                        binding.on(lost.node()),
                        new Cause(
                                Reason.NodeLost,
                                "node %s is not responding; the state of QEMU is unknown".formatted(lost.node()))));
        };
    }

    private VmPlan unscheduled(Unscheduled state) {
        Instant settled = settled(state.since());
        if (state.refusal().isEmpty() && now.isBefore(settled)) {
            return VmPlan.wait(statuses.scheduling(binding), settled);
        }
        Optional<Cause> cause = SchedulingObstacle.unscheduled(observed, state.refusal());
        return VmPlan.nothing(cause.map(known -> statuses.unschedulable(binding, known))
                .orElseGet(() -> statuses.scheduling(binding)));
    }

    private VmPlan preparing(Preparing state) {
        PodRecord placed = binding.on(state.node());
        Optional<Cause> fault = state.fault()
                .or(() -> observed.claims().obstacle(ObservedState.claimsOf(vm)))
                .or(() -> observed.claimObstacle().flatMap(ClaimObstacle::unusable))
                .or(() -> observed.dynamic().prepareFailure().map(message -> unprepared(state.node(), message)));
        if (fault.isPresent()) {
            return lookingAgain(
                    VmPlan.nothing(statuses.starting(placed, fault.get().reason(), steady(fault.get()))));
        }
        return lookingAgain(intermediate(
                state.since(),
                statuses.starting(
                        placed,
                        Phase.Starting.name(),
                        new Cause(Reason.PreparingPod, "node %s is preparing the pod".formatted(state.node())))));
    }

    private Cause unprepared(String node, String message) {
        return new Cause(
                Reason.PrepareFailed,
                "the kubelet of node %s cannot prepare the devices of pod %s: %s; it tries again"
                        .formatted(node, pod.getMetadata().getName(), message));
    }

    /** Plans again for a pod with claims, as only Events, which are not watched, have why they cannot be prepared. */
    private VmPlan lookingAgain(VmPlan plan) {
        return plan.recheck().isEmpty() && new ObservedPod(pod).hasResourceClaims()
                ? VmPlan.wait(plan.status(), now.plus(LOOKED_AGAIN))
                : plan;
    }

    private VmPlan started(Started state) {
        PodRecord placed = binding.on(state.node());
        Optional<Grant> grant = ReportedGrants.of(vm, pod.getMetadata().getUid(), state.node(), observed.nodes());
        if (grant.isEmpty()) {
            // A restarted agent may report before it has found its processes.
            return wasGranted()
                    ? VmPlan.nothing(before)
                    : intermediate(
                            state.since(),
                            statuses.starting(
                                    placed,
                                    Phase.Starting.name(),
                                    new Cause(
                                            Reason.WaitingForGrant,
                                            "the launcher on node %s is waiting for the agent to apply its limit"
                                                    .formatted(state.node()))));
        }
        Optional<Cause> lost = LostDevices.of(grant.get(), state.node(), observed.nodes());
        PodRecord granted = placed.with(grant.get());
        PassthroughVMStatus running = statuses.running(
                ran() ? granted : granted.running(now),
                grant.get(),
                lost,
                BarWindow.words(pod, grant.get(), state.node(), observed.nodes()));
        // QEMU pins its memory a moment after the grant; both fit into one write.
        return grant.get().lockedBytes() != null
                ? VmPlan.nothing(running)
                : intermediate(Times.parse(grant.get().time()).orElse(now), running);
    }

    private VmPlan ended(Ended state) {
        Phase phase = state.succeeded() ? Phase.Succeeded : Phase.Failed;
        boolean again = RunStrategyRules.after(vm, phase);
        boolean reported = PodRecord.of(before).is(pod) && before.ended() == phase;
        if (reported && state.held()) {
            // The pod keeps its devices and its name as long as the other container runs.
            return VmPlan.act(DeletePod.of(pod), before);
        }
        if (reported && again) {
            Instant due =
                    RestartHistory.nextStart(before, defaults.backoff(), now).orElse(now);
            return now.isBefore(due) ? VmPlan.wait(before, due) : VmPlan.act(DeletePod.of(pod), before);
        }
        int restarts = reported ? binding.restarts() : defaults.backoff().restartsAfter(binding.restarts(), ran(state));
        // By the operator's clock: the node's clock may be hours behind, and each start would be due at once.
        Instant nextStart = now.plus(defaults.backoff().delay(restarts));
        String logs = "kubectl logs -n %s %s"
                .formatted(pod.getMetadata().getNamespace(), pod.getMetadata().getName());
        Cause cause = TerminationCause.cause(state, logs, wasGranted());
        PodRecord restarted = binding.restarted(restarts).ended(phase).withoutAddress();
        PodRecord kept = new ObservedPod(pod).node().map(restarted::on).orElse(restarted);
        PassthroughVMStatus ended = again
                ? statuses.ended(phase, kept, nextStart, cause)
                : statuses.ended(
                        phase,
                        kept,
                        null,
                        new Cause(cause.reason(), cause.message() + "; " + RunStrategyRules.staysOff(vm)));
        if (state.held()) {
            return VmPlan.wait(ended, now);
        }
        return again ? VmPlan.wait(ended, nextStart) : VmPlan.nothing(ended);
    }

    /** Returns how long QEMU ran, from the status if the kubelet does not know it, as after a restart of its node. */
    private Duration ran(Ended state) {
        return state.ran()
                .or(() -> Times.parse(new RecordedStatus(before).startTimes().running())
                        .filter(since -> PodRecord.of(before).is(pod))
                        .map(since -> Duration.between(since, now)))
                .orElse(Duration.ZERO);
    }

    /**
     * Plans for an intermediate state. While it is recent, the status keeps the earlier one, so that a quick start causes fewer
     * writes.
     */
    private VmPlan intermediate(Instant since, PassthroughVMStatus status) {
        Instant settled = settled(since);
        if (!now.isBefore(settled)) {
            return VmPlan.nothing(status);
        }
        if (!PodRecord.of(before).is(pod)) {
            return VmPlan.wait(statuses.scheduling(binding), settled);
        }
        return isIntermediate() ? VmPlan.wait(before, settled) : VmPlan.nothing(status);
    }

    /** Returns when a state is no longer recent. A time far in the future comes from a wrong clock, and counts as now. */
    private Instant settled(Instant since) {
        return since.isAfter(now.plus(defaults.settle())) ? now : since.plus(defaults.settle());
    }

    /** Keeps the first message of a fault, as the kubelet's message for the same fault differs between attempts. */
    private Cause steady(Cause fault) {
        return ready().filter(
                        ready -> PodRecord.of(before).is(pod) && fault.reason().equals(ready.getReason()))
                .map(ready -> new Cause(fault.reason(), ready.getMessage()))
                .orElse(fault);
    }

    /** Returns whether the machine already ran at the last write of the status; then it did not start now. */
    private boolean ran() {
        return PodRecord.of(before).is(pod) && before.phase() == Phase.Running;
    }

    private boolean wasGranted() {
        // The grant alone brings the devices; an applied limit may be none.
        return PodRecord.of(before).is(pod)
                && new RecordedStatus(before).devices().isPresent();
    }

    private boolean isIntermediate() {
        return ready().filter(ready -> INTERMEDIATE.stream().anyMatch(reason -> reason.isOf(ready)))
                .isPresent();
    }

    private Optional<Condition> ready() {
        return VmConditions.state(before.conditions());
    }
}
