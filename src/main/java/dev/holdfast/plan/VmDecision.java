package dev.holdfast.plan;

import dev.holdfast.api.PassthroughVM;
import dev.holdfast.api.PassthroughVMSpec.RunStrategy;
import dev.holdfast.api.PassthroughVMStatus;
import dev.holdfast.plan.Action.CreatePod;
import dev.holdfast.plan.Action.DeletePod;
import io.fabric8.kubernetes.api.model.Condition;
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

    VmDecision(Observed observed, Defaults defaults, Instant now) {
        this.vm = observed.vm();
        this.observed = observed;
        this.defaults = defaults;
        this.now = now;
        this.before = StatusPlan.before(vm);
        this.statuses = new StatusPlan(vm, now);
    }

    VmPlan plan() {
        if (vm.isMarkedForDeletion()) {
            return VmPlan.nothing(before);
        }
        Optional<Pod> ours = observed.pod().filter(pod -> Observed.controls(vm, pod));
        boolean halted = vm.getSpec() != null && vm.getSpec().runStrategy() == RunStrategy.Halted;
        if (ours.isPresent()) {
            return halted ? stop(ours.get()) : keep(ours.get());
        }
        if (halted) {
            return VmPlan.nothing(statuses.stopped());
        }
        return observed.pod().map(this::nameTaken).orElseGet(this::start);
    }

    VmPlan refused(String words) {
        Why why = new Why("PodRefused", "the API server refuses the pod: " + words);
        return VmPlan.wait(statuses.blocked(pending(), nextStart().orElse(null), why), soon());
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
            return follow(pod, binding);
        }
        // A pod of ours that no status knows: made just now, or by an operator that did not live to write the status.
        return switch (VmPod.of(vm, defaults)) {
            case PodPlan.Ready ready ->
                sameGeneration(pod, ready.pod())
                        ? follow(pod, Binding.of(pod, restartsWhenBound(), ready.memlock()))
                        : outdated(pod);
            case PodPlan.Invalid invalid ->
                VmPlan.act(delete(pod), statuses.blocked(Binding.none(), null, invalid.why()));
        };
    }

    private VmPlan outdated(Pod pod) {
        Why why = new Why("PodOutdated", "the spec changed before the pod got its limit, so the pod is made again");
        return VmPlan.act(delete(pod), statuses.blocked(pending(), nextStart().orElse(null), why));
    }

    private VmPlan follow(Pod pod, Binding binding) {
        return new LivePod(observed, pod, binding, defaults, now).plan();
    }

    /** On its way out, not by us: while backing off the status keeps saying why the pod ended. */
    private PassthroughVMStatus leaving(Pod pod) {
        if (Binding.of(before).is(pod) && before.nextStartTime() != null) {
            return before;
        }
        Why why = readyReason().equals(HALTED)
                ? new Why(HALTED, "spec.runStrategy is Always again; the machine starts when its former pod is gone")
                : new Why(
                        "PodTerminating",
                        "pod %s is being deleted; a new one follows"
                                .formatted(vm.getMetadata().getName()));
        return statuses.stopping(Binding.of(before).restarted(restartsIfItEndsNow()), why);
    }

    private VmPlan nameTaken(Pod pod) {
        Why why = new Why(
                "NameTaken",
                "pod %s exists and belongs to someone else; delete it, or give the VM another name"
                        .formatted(pod.getMetadata().getName()));
        // Such a pod is not watched.
        return VmPlan.wait(statuses.blocked(pending(), nextStart().orElse(null), why), soon());
    }

    private VmPlan start() {
        boolean bound = before.podUID() != null && !readyReason().equals(HALTED);
        if (bound && nextStart().isEmpty()) {
            return vanished();
        }
        if (bound && now.isBefore(nextStart().orElse(now))) {
            return VmPlan.wait(before, nextStart().orElse(now));
        }
        return switch (VmPod.of(vm, defaults)) {
            case PodPlan.Invalid invalid -> VmPlan.nothing(statuses.blocked(Binding.none(), null, invalid.why()));
            case PodPlan.Ready ready ->
                Grants.alive(vm, observed.nodes())
                        .map(this::waitForGrant)
                        .orElseGet(() -> VmPlan.act(new CreatePod(ready.pod()), before));
        };
    }

    private VmPlan waitForGrant(Grants.OnNode left) {
        Why why = new Why(
                "FormerProcessAlive",
                "process %d of the former pod %s still lives on node %s and may hold the devices; the VM starts when it is gone"
                        .formatted(left.grant().pid(), left.grant().podUID(), left.node()));
        return VmPlan.nothing(statuses.blocked(pending(), nextStart().orElse(null), why));
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
        return readyReason().equals(HALTED) ? Binding.none() : Binding.of(before);
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

    private Instant soon() {
        return now.plus(defaults.backoff().first());
    }

    private static boolean sameGeneration(Pod pod, Pod wanted) {
        return generation(pod).isPresent() && generation(pod).equals(generation(wanted));
    }

    private static Optional<String> generation(Pod pod) {
        return Optional.ofNullable(pod.getMetadata().getAnnotations())
                .map(annotations -> annotations.get(VmPod.GENERATION_ANNOTATION));
    }

    private static DeletePod delete(Pod pod) {
        return new DeletePod(pod.getMetadata().getName(), pod.getMetadata().getUid());
    }
}
