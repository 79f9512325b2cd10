package dev.holdfast.plan;

import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughVM;
import dev.holdfast.api.PassthroughVMSpec.RunStrategy;
import dev.holdfast.api.PassthroughVMStatus;
import dev.holdfast.api.PassthroughVMStatus.Phase;
import dev.holdfast.plan.Action.CreatePod;
import dev.holdfast.plan.Action.DeletePod;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The life of a VM: whether a pod is wanted, whether there is one, and what is due. What a living pod means for the
 * status is told by {@link LivePod}.
 */
final class VmDecision {
    private static final String HALTED = "Halted";

    private final PassthroughVM vm;
    private final Observed observed;
    private final Defaults defaults;
    private final Instant now;
    private final PassthroughVMStatus before;
    private final StatusPlan statuses;
    private final Restart restart;

    VmDecision(Observed observed, Defaults defaults, Instant now) {
        this.vm = observed.vm();
        this.observed = observed;
        this.defaults = defaults;
        this.now = now;
        this.before = StatusPlan.before(vm);
        this.statuses = new StatusPlan(vm, now);
        this.restart = new Restart(vm, ours(), defaults);
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
        String name = claim.getMetadata().getName();
        Why why = StateClaim.isOf(vm, claim)
                ? new Why(
                        "StateLeaving",
                        "PersistentVolumeClaim %s with the VM's state is being deleted; the VM starts with a new one when it is gone"
                                .formatted(name))
                : new Why(
                        "NameTaken",
                        "PersistentVolumeClaim %s exists and belongs to someone else, but the VM keeps its state under that name; delete it, or give the VM another name"
                                .formatted(name));
        // Claims are not watched.
        return completed(retried(why));
    }

    /** Blocked by what nobody reports the end of. */
    private VmPlan retried(Why why) {
        StartRetry retry = new StartRetry(vm, defaults.backoff(), now);
        return retry.plan(statuses.blocked(pending(), nextStart().orElse(null), retry.steady(why)));
    }

    private VmPlan completed(VmPlan plan) {
        return new RestartConditions(vm, ours(), restart, defaults, now).on(plan);
    }

    private Optional<Pod> ours() {
        return observed.pod().filter(pod -> Observed.controls(vm, pod));
    }

    private VmPlan decided() {
        boolean halted = Reruns.strategy(vm) == RunStrategy.Halted;
        Optional<Pod> ours = ours();
        if (ours.isPresent()) {
            return halted ? stop(ours.get()) : keep(ours.get());
        }
        if (halted) {
            return VmPlan.nothing(statuses.stopped());
        }
        return observed.pod().map(this::nameTaken).orElseGet(this::start);
    }

    private VmPlan stop(Pod pod) {
        Why why = new Why(HALTED, "spec.runStrategy is Halted, so the guest is asked to power off");
        PassthroughVMStatus stopping = statuses.stopping(Binding.of(before), why);
        return pod.isMarkedForDeletion() ? VmPlan.nothing(stopping) : VmPlan.act(delete(pod), stopping);
    }

    private VmPlan keep(Pod pod) {
        if (pod.isMarkedForDeletion()) {
            return VmPlan.nothing(leaving(pod));
        }
        Binding binding = Binding.of(before);
        if (binding.is(pod)) {
            return restart.isDue() ? restart(pod, binding) : follow(pod, binding);
        }
        // A pod of ours that no status knows: made just now, or by an operator that did not live to write the status.
        return switch (VmPod.of(vm, defaults)) {
            case PodPlan.Ready ready ->
                VmPod.isOfGeneration(pod, vm)
                        ? follow(
                                pod,
                                Binding.of(
                                        pod,
                                        restartsWhenBound(),
                                        restart.served(),
                                        CloudInitSecret.hash(vm).orElse(null),
                                        ready.memlock()))
                        : outdated(pod);
            case PodPlan.Invalid invalid ->
                VmPlan.act(delete(pod), statuses.blocked(Binding.none(), null, invalid.why()));
        };
    }

    private VmPlan outdated(Pod pod) {
        Why why = new Why("PodOutdated", "the spec changed before the pod got its limit, so the pod is made again");
        return VmPlan.act(delete(pod), statuses.blocked(pending(), nextStart().orElse(null), why));
    }

    private VmPlan restart(Pod pod, Binding binding) {
        return VmPlan.act(delete(pod), statuses.stopping(binding, restarting()));
    }

    private Why restarting() {
        return new Why(
                Notice.RESTARTING,
                "the annotation %s asks for a restart, so pod %s is deleted and a new one follows"
                        .formatted(
                                Names.RESTARTED_AT_ANNOTATION, vm.getMetadata().getName()));
    }

    private VmPlan follow(Pod pod, Binding binding) {
        return new LivePod(observed, pod, binding, defaults, now).plan();
    }

    /** On its way out: of a pod that had ended before, the status keeps saying why. */
    private PassthroughVMStatus leaving(Pod pod) {
        boolean bound = Binding.of(before).is(pod);
        if (bound && (before.nextStartTime() != null || Reruns.isOver(before))) {
            return before;
        }
        return statuses.stopping(Binding.of(before).restarted(restartsIfItEndsNow()), whyLeaving(pod, bound));
    }

    private Why whyLeaving(Pod pod, boolean bound) {
        if (readyReason().equals(HALTED)) {
            return new Why(
                    HALTED,
                    "spec.runStrategy is %s again; the machine starts when its former pod is gone"
                            .formatted(Reruns.strategy(vm)));
        }
        if (readyReason().equals(Notice.RESTARTING) || restart.isDue()) {
            return restarting();
        }
        // Taken by somebody, it has not powered itself off: what only Once does not start again.
        String next = bound && !Reruns.after(vm, Phase.Failed) ? Reruns.staysOff(vm) : "a new one follows";
        String name = vm.getMetadata().getName();
        return PodState.disruption(pod)
                .map(cause -> new Why(
                        Notice.EVICTED,
                        "pod %s is taken from its node (%s), so the guest is asked to power off; %s"
                                .formatted(name, cause, next)))
                .orElseGet(() -> new Why("PodTerminating", "pod %s is being deleted; %s".formatted(name, next)));
    }

    private VmPlan nameTaken(Pod pod) {
        Why why = new Why(
                "NameTaken",
                "pod %s exists and belongs to someone else; delete it, or give the VM another name"
                        .formatted(pod.getMetadata().getName()));
        // Such a pod is not watched.
        return retried(why);
    }

    private VmPlan start() {
        if (before.podUID() != null && !isFresh()) {
            Phase end = before.phase() == Phase.Succeeded ? Phase.Succeeded : Phase.Failed;
            if (!Reruns.after(vm, end)) {
                return VmPlan.nothing(off(end));
            }
            if (nextStart().isEmpty()) {
                return vanished();
            }
            if (now.isBefore(nextStart().get())) {
                return VmPlan.wait(before, nextStart().get());
            }
        }
        return switch (VmPod.of(vm, defaults, observed.claims())) {
            case PodPlan.Invalid invalid -> VmPlan.nothing(statuses.blocked(Binding.none(), null, invalid.why()));
            case PodPlan.Ready ready ->
                Grants.alive(vm, observed.nodes())
                        .map(this::waitForGrant)
                        .or(() -> observed.claims()
                                .obstacle(Observed.claimsOf(vm))
                                .map(why -> VmPlan.nothing(
                                        statuses.blocked(pending(), nextStart().orElse(null), why))))
                        .orElseGet(() -> VmPlan.act(
                                new CreatePod(ready.pod(), VmPod.claim(vm, defaults), CloudInitSecret.of(vm)), before));
        };
    }

    private VmPlan waitForGrant(Grants.OnNode left) {
        Why why = new Why(
                "FormerProcessAlive",
                "process %d of the former pod %s still lives on node %s and may hold the devices; the VM starts when it is gone"
                        .formatted(left.grant().pid(), left.grant().podUID(), left.node()));
        return VmPlan.nothing(statuses.blocked(pending(), nextStart().orElse(null), why));
    }

    /** Nothing of the pod is left to read the end from, so the status says it on and on. */
    private PassthroughVMStatus off(Phase end) {
        boolean told = before.phase() == end;
        return statuses.over(
                end,
                Binding.of(before),
                new Why(
                        told ? readyReason() : "PodVanished",
                        "pod %s is gone, and %s".formatted(before.podName(), Reruns.staysOff(vm))));
    }

    private VmPlan vanished() {
        int restarts = restartsIfItEndsNow();
        Instant nextStart = now.plus(defaults.backoff().delay(restarts));
        Why why = new Why(
                "PodVanished",
                "pod %s is gone and was not deleted by the operator; a new one follows".formatted(before.podName()));
        return VmPlan.wait(statuses.vanished(Binding.of(before).restarted(restarts), nextStart, why), nextStart);
    }

    /** What survives while there is no pod: a stop on purpose leaves nothing, anything else the count. */
    private Binding pending() {
        return isFresh() ? Binding.none() : Binding.of(before);
    }

    /** The user wants a start: no back-off, and no former failure counts. */
    private boolean isFresh() {
        return readyReason().equals(HALTED)
                || readyReason().equals(Notice.RESTARTING)
                || restart.isDue()
                || (Reruns.isOver(before) && before.phase() != null && Reruns.after(vm, before.phase()));
    }

    private int restartsWhenBound() {
        Binding former = pending();
        return former.podUid() == null ? former.restarts() : former.restarts() + 1;
    }

    private int restartsIfItEndsNow() {
        int restarts = Binding.of(before).restarts();
        return VmConditions.find(before.conditions(), VmConditions.READY)
                .filter(ready -> "True".equals(ready.getStatus()))
                .map(ready -> Duration.between(Instant.parse(ready.getLastTransitionTime()), now))
                .map(ran -> defaults.backoff().restartsAfter(restarts, ran))
                .orElse(restarts);
    }

    private String readyReason() {
        return VmConditions.find(before.conditions(), VmConditions.READY)
                .map(Condition::getReason)
                .orElse("");
    }

    private Optional<Instant> nextStart() {
        return Optional.ofNullable(before.nextStartTime()).map(Instant::parse);
    }

    private static DeletePod delete(Pod pod) {
        return new DeletePod(pod.getMetadata().getName(), pod.getMetadata().getUid());
    }
}
