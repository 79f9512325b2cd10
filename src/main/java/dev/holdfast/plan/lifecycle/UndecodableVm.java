package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.DecodeFault;
import dev.holdfast.api.Reason;
import dev.holdfast.api.Undecodable;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.observed.PodState;
import dev.holdfast.plan.observed.PodState.Ended;
import dev.holdfast.plan.observed.PodState.Unscheduled;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.status.PodRecord;
import dev.holdfast.plan.status.StatusPlan;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.plan.status.VmConditions.Verdict;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Plan for a VM whose spec, recorded status or pod could not be decoded. No pod is created or deleted for it, because the
 * user's intent or the running state is unknown; the fault is reported.
 */
public final class UndecodableVm {
    private static final String SPEC = "spec";

    /**
     * Fields of the status that each plan determines again. The other fields record what no other object has, such as the pod
     * that the memlock plan is bound to: without them a plan might start a second QEMU.
     */
    private static final Set<String> DETERMINED_AGAIN = Set.of(
            "phase",
            "printableStatus",
            "observedGeneration",
            "conditions",
            "devices",
            "podIP",
            "startTimes",
            "columns");

    private final PassthroughVM vm;
    private final ObservedState observed;
    private final OperatorSettings defaults;
    private final Instant now;
    private final PassthroughVMStatus before;
    private final StatusPlan statuses;

    private UndecodableVm(ObservedState observed, OperatorSettings defaults, Instant now) {
        this.vm = observed.vm();
        this.observed = observed;
        this.defaults = defaults;
        this.now = now;
        this.before = StatusPlan.before(vm);
        this.statuses = new StatusPlan(vm, now);
    }

    /** Plans for a VM with undecodable parts; empty for a VM without any. */
    static Optional<VmPlan> plan(ObservedState observed, OperatorSettings defaults, Instant now) {
        return observed.vm().isMarkedForDeletion()
                ? Optional.empty()
                : new UndecodableVm(observed, defaults, now).plan();
    }

    /**
     * Returns whether the stored status has fields that could not be decoded and cannot be determined again. Of such a status
     * only the fields of the plan may be written; the others are kept.
     */
    public static boolean keepsStoredStatus(PassthroughVM vm) {
        return !undecodableRecords(vm).isEmpty();
    }

    private Optional<VmPlan> plan() {
        List<DecodeFault> lost = undecodableRecords(vm);
        if (!lost.isEmpty()) {
            return Optional.of(VmPlan.nothing(onlyReady(new Cause(
                    Reason.InvalidStatus,
                    text(lost)
                            + "; the VM and its pod are not changed; update the operator, or correct the field"
                            + " with `kubectl edit ptvm -n %s %s --subresource=status`"
                                    .formatted(
                                            vm.getMetadata().getNamespace(),
                                            vm.getMetadata().getName())))));
        }
        Optional<Pod> ownPod = observed.pod().filter(pod -> ObservedState.controls(vm, pod));
        Optional<Pod> undecodable = ownPod.filter(Undecodable::is).filter(pod -> !isStopped(pod));
        if (undecodable.isPresent()) {
            return Optional.of(VmPlan.nothing(statuses.lost(
                    PodRecord.of(before),
                    new Cause(
                            Reason.PodUndecodable,
                            "pod %s cannot be decoded, so the state of QEMU is unknown; the pod is not changed: %s"
                                    .formatted(vm.getMetadata().getName(), Undecodable.text(undecodable.get()))))));
        }
        List<DecodeFault> spec = faultsOf(vm, SPEC);
        return spec.isEmpty()
                ? Optional.empty()
                : Optional.of(ownPod.map(pod -> withPod(pod, text(spec))).orElseGet(() -> withoutPod(text(spec))));
    }

    /** Returns whether the pod is to be deleted, which needs only its name and UID. */
    private boolean isStopped(Pod pod) {
        return pod.isMarkedForDeletion() || RunStrategyRules.strategy(vm) == RunStrategy.Halted;
    }

    private VmPlan withoutPod(String fault) {
        Cause cause = new Cause(
                Reason.InvalidSpec,
                "%s; correct the field with `kubectl edit ptvm -n %s %s`, or update the operator"
                        .formatted(
                                fault,
                                vm.getMetadata().getNamespace(),
                                vm.getMetadata().getName()));
        PodRecord former = PodRecord.of(before);
        PodRecord kept = stoppedOnPurpose() ? PodRecord.none().after(former.formerPods()) : former;
        return VmPlan.nothing(new RecordedStatus(before)
                .phase()
                .filter(phase -> RunStrategyRules.isOver(before))
                .map(phase -> statuses.over(phase, kept, cause))
                .orElseGet(() -> statuses.blocked(kept, nextStart(), cause)));
    }

    /** Returns whether the machine was stopped on purpose; then the next start counts as the first. */
    private boolean stoppedOnPurpose() {
        return VmConditions.state(before.conditions())
                .filter(ready -> Reason.Halted.isOf(ready) || Reason.Restarting.isOf(ready))
                .isPresent();
    }

    private VmPlan withPod(Pod pod, String fault) {
        String name = pod.getMetadata().getName();
        Cause cause = new Cause(
                Reason.InvalidSpec,
                "%s; pod %s is not changed and not replaced; correct the field".formatted(fault, name));
        PodRecord binding = PodRecord.of(before);
        if (pod.isMarkedForDeletion()) {
            return VmPlan.nothing(statuses.stopping(binding, cause));
        }
        if (!binding.is(pod)) {
            return VmPlan.nothing(statuses.blocked(binding, nextStart(), cause));
        }
        return switch (PodState.of(pod)) {
            case Ended ended ->
                VmPlan.nothing(
                        statuses.ended(ended.succeeded() ? Phase.Succeeded : Phase.Failed, binding, null, cause));
            case Unscheduled unscheduled -> VmPlan.nothing(statuses.unschedulable(binding, cause));
            default -> running(new BoundPodDecision(observed, pod, binding, defaults, now).plan(), cause);
        };
    }

    /** Plans for a running machine, which stays ready but cannot be restarted. */
    private VmPlan running(VmPlan plan, Cause cause) {
        List<Condition> conditions = new ArrayList<>(new RecordedStatus(plan.status()).conditions());
        conditions.removeIf(condition -> VmConditions.RESTART_POSSIBLE.equals(condition.getType()));
        conditions.addAll(VmConditions.of(
                before.conditions(),
                vm.getMetadata().getGeneration(),
                now,
                Stream.of(Verdict.no(VmConditions.RESTART_POSSIBLE, cause))));
        return new VmPlan(plan.action(), plan.status().withConditions(List.copyOf(conditions)), plan.recheck());
    }

    private PassthroughVMStatus onlyReady(Cause cause) {
        return statuses.only(Verdict.unknown(VmConditions.READY, cause));
    }

    private @Nullable Instant nextStart() {
        return new RecordedStatus(before).nextStartTime().map(Instant::parse).orElse(null);
    }

    private static List<DecodeFault> undecodableRecords(PassthroughVM vm) {
        return faultsOf(vm, "status").stream()
                .filter(fault -> DETERMINED_AGAIN.stream().noneMatch(field -> isIn(fault.path(), "status." + field)))
                .toList();
    }

    private static List<DecodeFault> faultsOf(PassthroughVM vm, String part) {
        return Undecodable.faults(vm).stream()
                .filter(fault -> isIn(fault.path(), part))
                .toList();
    }

    private static boolean isIn(String path, String part) {
        return path.equals(part) || path.startsWith(part + ".") || path.startsWith(part + "[");
    }

    private static String text(List<DecodeFault> faults) {
        return faults.stream().map(DecodeFault::text).collect(Collectors.joining("; "));
    }
}
