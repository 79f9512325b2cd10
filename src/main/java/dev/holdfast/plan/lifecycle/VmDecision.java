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
import dev.holdfast.plan.observed.DroppedClaims;
import dev.holdfast.plan.observed.DroppedVolumes;
import dev.holdfast.plan.observed.ObservedPod;
import dev.holdfast.plan.observed.PodState;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.observed.ReportedGrants;
import dev.holdfast.plan.observed.ReportedNodes;
import dev.holdfast.plan.pod.CloudInitSecret;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.VmPod;
import dev.holdfast.plan.status.PodRecord;
import dev.holdfast.plan.status.StatusPlan;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The life cycle of a VM: whether it needs a pod, whether it has one, and the next action. {@link BoundPodDecision} decides
 * the status of a VM with a bound pod.
 */
final class VmDecision {
    private final PassthroughVM vm;
    private final ObservedState observed;
    private final OperatorSettings defaults;
    private final Instant now;
    private final PassthroughVMStatus before;
    private final StatusPlan statuses;
    private final RequestedRestart restart;
    private final FormerPods formerPods;
    private final RestartHistory history;
    private final StartDecision start;

    VmDecision(ObservedState observed, OperatorSettings defaults, Instant now) {
        this.vm = observed.vm();
        this.observed = observed;
        this.defaults = defaults;
        this.now = now;
        this.before = StatusPlan.before(vm);
        this.statuses = new StatusPlan(vm, now);
        this.restart = new RequestedRestart(observed, ownPod(), defaults);
        this.formerPods = new FormerPods(observed, now);
        this.history = new RestartHistory(observed, defaults.backoff(), now, restart.isDue(), formerPods);
        this.start = new StartDecision(observed, defaults, now, statuses, formerPods, history);
    }

    VmPlan plan() {
        if (vm.isMarkedForDeletion()) {
            return VmPlan.nothing(before);
        }
        return completed(decided());
    }

    VmPlan refused(String message) {
        return completed(retried(RefusedPodRetry.refusal(message)));
    }

    VmPlan claimTaken(PersistentVolumeClaim claim) {
        return completed(retried(NameConflict.ofClaim(vm, claim)));
    }

    /** Plans for an obstacle whose end is not reported. */
    private VmPlan retried(Cause cause) {
        RefusedPodRetry retry = new RefusedPodRetry(vm, defaults.backoff().pauses(), now);
        return retry.plan(blocked(retry.steady(cause)));
    }

    private VmPlan completed(VmPlan plan) {
        return new RestartConditions(observed, ownPod(), restart, defaults, now).on(observed(plan));
    }

    /** Sets the observed generation, also of an otherwise unchanged status. */
    private VmPlan observed(VmPlan plan) {
        Long generation = vm.getMetadata().getGeneration();
        boolean current = new RecordedStatus(plan.status()).phase().isEmpty()
                || Objects.equals(plan.status().observedGeneration(), generation);
        return current
                ? plan
                : new VmPlan(plan.action(), plan.status().withObservedGeneration(generation), plan.recheck());
    }

    private Optional<Pod> ownPod() {
        return observed.pod().filter(pod -> ObservedState.controls(vm, pod));
    }

    private VmPlan decided() {
        boolean halted = RunStrategyRules.strategy(vm) == RunStrategy.Halted;
        Optional<Pod> ownPod = ownPod();
        if (ownPod.isPresent()) {
            return halted ? stop(ownPod.get()) : keep(ownPod.get());
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
            return new ClaimRelease(pod, now).on(terminating(pod));
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

    /** Plans for an own pod that is not in the status: it is new, or the operator stopped before it wrote the status. */
    private VmPlan unbound(Pod pod) {
        if (isGranted(pod)) {
            // The VM's status was lost while the pod runs.
            return bound(pod, SpecChange.madeFrom(vm, pod))
                    .map(binding -> follow(pod, binding))
                    .orElseGet(() -> VmPlan.nothing(before));
        }
        if (!history.mayStart()) {
            return VmPlan.act(DeletePod.of(pod), start.off());
        }
        return start.held().map(held -> without(pod, held)).orElseGet(() -> bind(pod));
    }

    /** Deletes a pod that was created before it may be bound. */
    private static VmPlan without(Pod pod, VmPlan held) {
        return held.action() instanceof InspectNodes ? held : VmPlan.act(DeletePod.of(pod), held.status());
    }

    private VmPlan bind(Pod pod) {
        return switch (VmPod.of(vm, observed.machine(), defaults.pod(), ReportedNodes.none(), Set.of())) {
            case PodPlan.Ready ready ->
                outgrown(pod)
                        .or(() -> VmPod.isOfGeneration(pod, vm) ? Optional.empty() : Optional.of(outdated()))
                        .map(cause -> VmPlan.act(DeletePod.asRead(pod), blocked(cause)))
                        .or(() -> DroppedVolumes.of(ready.pod(), pod)
                                .or(() -> DroppedClaims.of(ready.pod(), pod))
                                .map(cause -> unusable(pod, cause)))
                        .orElseGet(() -> follow(pod, bound(pod, ready)));
            case PodPlan.Invalid invalid -> VmPlan.act(DeletePod.of(pod), blocked(invalid.cause()));
        };
    }

    /** Plans for an API server that created another pod than requested, and would do so again. */
    private VmPlan unusable(Pod pod, Cause cause) {
        VmPlan refused = retried(cause);
        return new VmPlan(DeletePod.of(pod), refused.status(), refused.recheck());
    }

    /** Returns the record; empty when the pod was created by an operator of another version from an unknown spec. */
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

    /** Returns whether the spec has changed and no container of the pod has run. */
    private boolean isOutdated(Pod pod) {
        PodState state = PodState.of(pod);
        return (state instanceof PodState.Unscheduled || state instanceof PodState.Preparing)
                && new RecordedStatus(before).devices().isEmpty()
                && !isGranted(pod)
                && !SpecChange.fields(observed, pod, new RecordedStatus(before).cloudInitHash(), defaults)
                        .isEmpty();
    }

    /** Unbinds a pod, so that no agent grants it a limit any more; the next plan deletes it as an unbound pod. */
    private VmPlan unbind(Pod pod, Cause cause) {
        PodRecord kept = PodRecord.none()
                .restarted(PodRecord.of(before).restarts())
                .after(Stream.concat(formerPods.all().stream(), Stream.of(FormerPods.of(pod)))
                        .toList());
        return VmPlan.wait(statuses.blocked(kept, null, cause), now);
    }

    /** Returns a cause when the memory of an unscheduled pod is too small for a reported device. */
    private Optional<Cause> outgrown(Pod pod) {
        return BarGrowth.of(pod, observed.spec(), observed.nodes(), observed.dynamic());
    }

    private boolean isGranted(Pod pod) {
        ObservedPod read = new ObservedPod(pod);
        return read.node()
                .flatMap(node -> ReportedGrants.of(vm, read.uid(), node, observed.nodes()))
                .isPresent();
    }

    private static Cause outdated() {
        return new Cause(
                Reason.PodOutdated, "the spec changed before the pod got its limit, so the pod is created again");
    }

    private Cause restarting() {
        return new Cause(
                Reason.Restarting,
                "annotation %s requests a restart; pod %s is deleted and a new pod follows"
                        .formatted(
                                Names.RESTARTED_AT_ANNOTATION, vm.getMetadata().getName()));
    }

    private VmPlan follow(Pod pod, PodRecord binding) {
        return new BoundPodDecision(observed, pod, binding, defaults, now).plan();
    }

    /** Returns the status of a VM whose pod is being deleted; for a pod that had ended, the former status. */
    private PassthroughVMStatus terminating(Pod pod) {
        boolean bound = PodRecord.of(before).is(pod);
        if (!bound && RefusedPodRetry.isRefused(vm, before)) {
            return before;
        }
        if (bound && (new RecordedStatus(before).nextStartTime().isPresent() || RunStrategyRules.isOver(before))) {
            return before;
        }
        return statuses.stopping(
                PodRecord.of(before).restarted(history.restartsIfItEndsNow()), terminationCause(pod, bound));
    }

    private Cause terminationCause(Pod pod, boolean bound) {
        if (history.isReady(Reason.Halted)) {
            return new Cause(
                    Reason.Halted,
                    "spec.runStrategy is %s again; the machine starts when its former pod is gone"
                            .formatted(RunStrategyRules.strategy(vm)));
        }
        if (history.isReady(Reason.Restarting) || restart.isDue()) {
            return restarting();
        }
        // The guest did not power itself off, so only Once does not start it again.
        String next = bound && !RunStrategyRules.after(vm, Phase.Failed)
                ? RunStrategyRules.staysOff(vm)
                : "a new pod follows";
        String name = vm.getMetadata().getName();
        return PodState.disruption(pod)
                .map(cause -> new Cause(
                        Reason.PodEvicted,
                        "pod %s is being removed from its node (%s), so the guest is asked to power off; %s"
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
