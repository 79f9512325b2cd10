package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
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
 * What the VM's own, bound pod means for it. A start that goes through without delay is written twice only: when the pod
 * is bound, and when QEMU runs; see {@link OperatorSettings#settle()}.
 */
final class BoundPodDecision {
    /** Reasons that say "not yet" and nothing else. */
    private static final Set<Reason> PASSING = Set.of(Reason.Scheduling, Reason.PreparingPod, Reason.WaitingForGrant);

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
        this.binding = binding.seen(pod);
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
                                "node %s does not answer, so nobody knows whether QEMU runs".formatted(lost.node()))));
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
        Optional<Cause> fault = state.fault().or(() -> observed.claims().obstacle(ObservedState.claimsOf(vm)));
        if (fault.isPresent()) {
            return VmPlan.nothing(statuses.starting(placed, fault.get().reason(), steady(fault.get())));
        }
        return passing(
                state.since(),
                statuses.starting(
                        placed,
                        Phase.Starting.name(),
                        new Cause(Reason.PreparingPod, "node %s prepares the pod".formatted(state.node()))));
    }

    private VmPlan started(Started state) {
        PodRecord placed = binding.on(state.node());
        Optional<Grant> grant = ReportedGrants.of(vm, pod.getMetadata().getUid(), state.node(), observed.nodes());
        if (grant.isEmpty()) {
            // An agent that starts again may report before it has found its processes.
            return wasGranted()
                    ? VmPlan.nothing(before)
                    : passing(
                            state.since(),
                            statuses.starting(
                                    placed,
                                    Phase.Starting.name(),
                                    new Cause(
                                            Reason.WaitingForGrant,
                                            "the launcher runs on node %s and waits for the agent to apply its limit"
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
                : passing(Times.parse(grant.get().time()).orElse(now), running);
    }

    private VmPlan ended(Ended state) {
        Phase phase = state.succeeded() ? Phase.Succeeded : Phase.Failed;
        boolean again = RunStrategyRules.after(vm, phase);
        boolean told = PodRecord.of(before).is(pod) && before.ended() == phase;
        if (told && state.held()) {
            // The pod would keep its devices, and its name, as long as the other container runs.
            return VmPlan.act(DeletePod.of(pod), before);
        }
        if (told && again) {
            Instant due =
                    MachineHistory.nextStart(before, defaults.backoff(), now).orElse(now);
            return now.isBefore(due) ? VmPlan.wait(before, due) : VmPlan.act(DeletePod.of(pod), before);
        }
        int restarts = told ? binding.restarts() : defaults.backoff().restartsAfter(binding.restarts(), ran(state));
        // By our own clock: the node's may be hours behind, and every start would be due at once.
        Instant nextStart = now.plus(defaults.backoff().delay(restarts));
        String logs = "kubectl logs -n %s %s"
                .formatted(pod.getMetadata().getNamespace(), pod.getMetadata().getName());
        Cause cause = TerminationCause.cause(state, logs, wasGranted());
        PodRecord restarted = binding.restarted(restarts).ended(phase).silent();
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

    /** The kubelet may not know, as after a restart of its node; then the status tells since when QEMU ran. */
    private Duration ran(Ended state) {
        return state.ran()
                .or(() -> Times.parse(new RecordedStatus(before).startTimes().running())
                        .filter(since -> PodRecord.of(before).is(pod))
                        .map(since -> Duration.between(since, now)))
                .orElse(Duration.ZERO);
    }

    /** A state that will soon be another: not written while it is young and the status says another such state. */
    private VmPlan passing(Instant since, PassthroughVMStatus status) {
        Instant settled = settled(since);
        if (!now.isBefore(settled)) {
            return VmPlan.nothing(status);
        }
        if (!PodRecord.of(before).is(pod)) {
            return VmPlan.wait(statuses.scheduling(binding), settled);
        }
        return isPassing() ? VmPlan.wait(before, settled) : VmPlan.nothing(status);
    }

    /** Clocks differ: a state that a clock far ahead of ours tells of has settled, or it never would. */
    private Instant settled(Instant since) {
        return since.isAfter(now.plus(defaults.settle())) ? now : since.plus(defaults.settle());
    }

    /** The kubelet words the same fault differently from try to try; the first words stay. */
    private Cause steady(Cause fault) {
        return ready().filter(
                        ready -> PodRecord.of(before).is(pod) && fault.reason().equals(ready.getReason()))
                .map(ready -> new Cause(fault.reason(), ready.getMessage()))
                .orElse(fault);
    }

    /** What an operator found running that did not write down when: that is not now. */
    private boolean ran() {
        return PodRecord.of(before).is(pod) && before.phase() == Phase.Running;
    }

    private boolean wasGranted() {
        // The grant alone brings the devices; an applied limit may be none.
        return PodRecord.of(before).is(pod)
                && new RecordedStatus(before).devices().isPresent();
    }

    private boolean isPassing() {
        return ready().filter(ready -> PASSING.stream().anyMatch(reason -> reason.isOf(ready)))
                .isPresent();
    }

    private Optional<Condition> ready() {
        return VmConditions.state(before.conditions());
    }
}
