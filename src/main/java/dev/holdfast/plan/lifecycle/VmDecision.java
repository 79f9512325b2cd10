package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import dev.holdfast.plan.lifecycle.Action.InspectNodes;
import dev.holdfast.plan.observed.DroppedVolumes;
import dev.holdfast.plan.observed.ObservedPod;
import dev.holdfast.plan.observed.PodState;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.observed.ReportedGrants;
import dev.holdfast.plan.pod.CloudInitSecret;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.VmPod;
import dev.holdfast.plan.status.PodRecord;
import dev.holdfast.plan.status.StatusPlan;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The life of a VM: whether a pod is wanted, whether there is one, and what is due. What a living pod means for the
 * status is told by {@link BoundPodDecision}.
 */
final class VmDecision {
    private final PassthroughVM vm;
    private final ObservedState observed;
    private final OperatorSettings defaults;
    private final Instant now;
    private final PassthroughVMStatus before;
    private final StatusPlan statuses;
    private final Restart restart;
    private final FormerPods formerPods;
    private final MachineHistory history;
    private final StartDecision start;

    VmDecision(ObservedState observed, OperatorSettings defaults, Instant now) {
        this.vm = observed.vm();
        this.observed = observed;
        this.defaults = defaults;
        this.now = now;
        this.before = StatusPlan.before(vm);
        this.statuses = new StatusPlan(vm, now);
        this.restart = new Restart(observed, ours(), defaults);
        this.formerPods = new FormerPods(observed, now);
        this.history = new MachineHistory(observed, defaults.backoff(), now, restart.isDue(), formerPods);
        this.start = new StartDecision(observed, defaults, now, statuses, formerPods, history);
    }

    VmPlan plan() {
        if (vm.isMarkedForDeletion()) {
            return VmPlan.nothing(before);
        }
        return completed(decided());
    }

    VmPlan refused(String words) {
        return completed(retried(StartRetry.refusal(words)));
    }

    VmPlan claimTaken(PersistentVolumeClaim claim) {
        return completed(retried(NameConflict.ofClaim(vm, claim)));
    }

    /** Blocked by what nobody reports the end of. */
    private VmPlan retried(Cause cause) {
        StartRetry retry = new StartRetry(vm, defaults.backoff().pauses(), now);
        return retry.plan(blocked(retry.steady(cause)));
    }

    private VmPlan completed(VmPlan plan) {
        return new RestartConditions(observed, ours(), restart, defaults, now).on(observed(plan));
    }

    /** A status that stays as it is speaks of the present spec all the same. */
    private VmPlan observed(VmPlan plan) {
        Long generation = vm.getMetadata().getGeneration();
        boolean current = new RecordedStatus(plan.status()).phase().isEmpty()
                || Objects.equals(plan.status().observedGeneration(), generation);
        return current
                ? plan
                : new VmPlan(plan.action(), plan.status().withObservedGeneration(generation), plan.recheck());
    }

    private Optional<Pod> ours() {
        return observed.pod().filter(pod -> ObservedState.controls(vm, pod));
    }

    private VmPlan decided() {
        boolean halted = RunStrategyRules.strategy(vm) == RunStrategy.Halted;
        Optional<Pod> ours = ours();
        if (ours.isPresent()) {
            return halted ? stop(ours.get()) : keep(ours.get());
        }
        if (halted) {
            return stopped();
        }
        return observed.pod().map(this::nameTaken).orElseGet(start::plan);
    }

    private VmPlan stop(Pod pod) {
        Cause cause = new Cause(Reason.Halted, "spec.runStrategy is Halted, so the guest is asked to power off");
        PassthroughVMStatus stopping = statuses.stopping(PodRecord.of(before), cause);
        return pod.isMarkedForDeletion() ? VmPlan.nothing(stopping) : VmPlan.act(DeletePod.of(pod), stopping);
    }

    private VmPlan stopped() {
        Set<String> unknown = formerPods.toInspect();
        return unknown.isEmpty()
                ? VmPlan.nothing(statuses.stopped(PodRecord.none().after(formerPods.left())))
                : VmPlan.act(new InspectNodes(unknown), before);
    }

    private VmPlan keep(Pod pod) {
        PodRecord binding = PodRecord.of(before);
        if (history.isStopping(pod)) {
            return VmPlan.nothing(leaving(pod));
        }
        if (!binding.is(pod)) {
            return unbound(pod);
        }
        if (restart.isDue()) {
            return VmPlan.act(DeletePod.of(pod), statuses.stopping(binding, restarting()));
        }
        return outgrown(pod)
                .or(() -> isOutdated(pod) ? Optional.of(outdated()) : Optional.empty())
                .map(cause -> unbind(pod, cause))
                .orElseGet(() -> follow(pod, binding));
    }

    /** A pod of ours that no status knows: made just now, or by an operator that did not live to write the status. */
    private VmPlan unbound(Pod pod) {
        if (isGranted(pod)) {
            // Its status was lost, and it runs.
            return bound(pod, SpecChange.madeFrom(vm, pod))
                    .map(binding -> follow(pod, binding))
                    .orElseGet(() -> VmPlan.nothing(before));
        }
        if (!history.mayStart()) {
            return VmPlan.act(DeletePod.of(pod), start.off());
        }
        return start.held().map(held -> without(pod, held)).orElseGet(() -> bind(pod));
    }

    /** Nothing may be bound yet, so the pod that somebody made too early goes. */
    private static VmPlan without(Pod pod, VmPlan held) {
        return held.action() instanceof InspectNodes ? held : VmPlan.act(DeletePod.of(pod), held.status());
    }

    private VmPlan bind(Pod pod) {
        return switch (VmPod.of(vm, observed.machine(), defaults.pod(), List.of(), Set.of())) {
            case PodPlan.Ready ready ->
                outgrown(pod)
                        .or(() -> VmPod.isOfGeneration(pod, vm) ? Optional.empty() : Optional.of(outdated()))
                        .map(cause -> VmPlan.act(DeletePod.asRead(pod), blocked(cause)))
                        .or(() -> DroppedVolumes.of(ready.pod(), pod).map(cause -> unusable(pod, cause)))
                        .orElseGet(() -> follow(pod, bound(pod, ready)));
            case PodPlan.Invalid invalid -> VmPlan.act(DeletePod.of(pod), blocked(invalid.cause()));
        };
    }

    /** The API server has made another pod than it was asked for, and would do so again. */
    private VmPlan unusable(Pod pod, Cause cause) {
        VmPlan refused = retried(cause);
        return new VmPlan(DeletePod.of(pod), refused.status(), refused.recheck());
    }

    /** Empty when an operator of another version made the pod of what this one does not understand. */
    private Optional<PodRecord> bound(Pod pod, PassthroughVM madeFrom) {
        return VmPod.of(madeFrom, defaults.pod()) instanceof PodPlan.Ready ready
                ? Optional.of(bound(pod, ready))
                : Optional.empty();
    }

    private PodRecord bound(Pod pod, PodPlan.Ready ready) {
        return PodRecord.of(
                pod,
                history.restartsWhenBound(),
                restart.served(),
                observed.valid().flatMap(CloudInitSecret::hash).orElse(null),
                ready.memlock());
    }

    /** The spec has changed, and nothing of the pod has run. */
    private boolean isOutdated(Pod pod) {
        PodState state = PodState.of(pod);
        return (state instanceof PodState.Unscheduled || state instanceof PodState.Preparing)
                && new RecordedStatus(before).devices().isEmpty()
                && !isGranted(pod)
                && !SpecChange.fields(observed, pod, new RecordedStatus(before).cloudInitHash(), defaults)
                        .isEmpty();
    }

    /** First no agent may give it a limit any more; then it is deleted as a pod that is not bound. */
    private VmPlan unbind(Pod pod, Cause cause) {
        PodRecord kept = PodRecord.none()
                .restarted(PodRecord.of(before).restarts())
                .after(Stream.concat(formerPods.all().stream(), Stream.of(FormerPods.of(pod)))
                        .toList());
        return VmPlan.wait(statuses.blocked(kept, null, cause), now);
    }

    /** Its memory is too small for what a node reports, and no node has taken it. */
    private Optional<Cause> outgrown(Pod pod) {
        return BarGrowth.of(pod, observed.machine(), observed.nodes());
    }

    private boolean isGranted(Pod pod) {
        ObservedPod read = new ObservedPod(pod);
        return read.node()
                .flatMap(node -> ReportedGrants.of(vm, read.uid(), node, observed.nodes()))
                .isPresent();
    }

    private static Cause outdated() {
        return new Cause(Reason.PodOutdated, "the spec changed before the pod got its limit, so the pod is made again");
    }

    private Cause restarting() {
        return new Cause(
                Reason.Restarting,
                "the annotation %s asks for a restart, so pod %s is deleted and a new one follows"
                        .formatted(
                                Names.RESTARTED_AT_ANNOTATION, vm.getMetadata().getName()));
    }

    private VmPlan follow(Pod pod, PodRecord binding) {
        return new BoundPodDecision(observed, pod, binding, defaults, now).plan();
    }

    /** On its way out: of a pod that had ended before, the status keeps saying why. */
    private PassthroughVMStatus leaving(Pod pod) {
        boolean bound = PodRecord.of(before).is(pod);
        if (!bound && StartRetry.isRefused(vm, before)) {
            return before;
        }
        if (bound && (new RecordedStatus(before).nextStartTime().isPresent() || RunStrategyRules.isOver(before))) {
            return before;
        }
        return statuses.stopping(PodRecord.of(before).restarted(history.restartsIfItEndsNow()), whyLeaving(pod, bound));
    }

    private Cause whyLeaving(Pod pod, boolean bound) {
        if (history.isReady(Reason.Halted)) {
            return new Cause(
                    Reason.Halted,
                    "spec.runStrategy is %s again; the machine starts when its former pod is gone"
                            .formatted(RunStrategyRules.strategy(vm)));
        }
        if (history.isReady(Reason.Restarting) || restart.isDue()) {
            return restarting();
        }
        // Taken by somebody, it has not powered itself off: what only Once does not start again.
        String next = bound && !RunStrategyRules.after(vm, Phase.Failed)
                ? RunStrategyRules.staysOff(vm)
                : "a new one follows";
        String name = vm.getMetadata().getName();
        return PodState.disruption(pod)
                .map(cause -> new Cause(
                        Reason.PodEvicted,
                        "pod %s is taken from its node (%s), so the guest is asked to power off; %s"
                                .formatted(name, cause, next)))
                .orElseGet(() -> new Cause(Reason.PodTerminating, "pod %s is being deleted; %s".formatted(name, next)));
    }

    private VmPlan nameTaken(Pod pod) {
        // Such a pod is not watched.
        return retried(NameConflict.ofPod(vm, pod));
    }

    private PassthroughVMStatus blocked(Cause cause) {
        return statuses.blocked(history.pending(), history.nextStart().orElse(null), cause);
    }
}
