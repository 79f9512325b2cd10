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
 * Plan for a VM of which something could not be decoded: its spec, what its status remembers, or its pod. Neither is a pod
 * made for it nor one deleted, since nobody can tell what its user wants or what runs; what is found is reported.
 */
public final class UndecodableVm {
    private static final String SPEC = "spec";

    /**
     * Fields of the status that each plan finds anew. All others remember what no object but the status tells, such as the
     * pod that the limit is bound to: without them a plan might start a second QEMU.
     */
    private static final Set<String> FOUND_ANEW = Set.of(
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

    /** Decides where something is undecodable; empty for a VM that can be planned as any other. */
    static Optional<VmPlan> plan(ObservedState observed, OperatorSettings defaults, Instant now) {
        return observed.vm().isMarkedForDeletion()
                ? Optional.empty()
                : new UndecodableVm(observed, defaults, now).plan();
    }

    /**
     * Whether the status as stored holds what could not be decoded and cannot be found anew. Of such a status only the
     * fields of the plan may be written; the others stay as they are.
     */
    public static boolean keepsStoredStatus(PassthroughVM vm) {
        return !lostMemory(vm).isEmpty();
    }

    private Optional<VmPlan> plan() {
        List<DecodeFault> lost = lostMemory(vm);
        if (!lost.isEmpty()) {
            return Optional.of(VmPlan.nothing(onlyReady(new Cause(
                    Reason.InvalidStatus,
                    text(lost)
                            + "; the VM and its pod are left as they are; update the operator, or correct the field"
                            + " with `kubectl edit ptvm -n %s %s --subresource=status`"
                                    .formatted(
                                            vm.getMetadata().getNamespace(),
                                            vm.getMetadata().getName())))));
        }
        Optional<Pod> ours = observed.pod().filter(pod -> ObservedState.controls(vm, pod));
        Optional<Pod> odd = ours.filter(Undecodable::is).filter(pod -> !isStopped(pod));
        if (odd.isPresent()) {
            return Optional.of(VmPlan.nothing(statuses.lost(
                    PodRecord.of(before),
                    new Cause(
                            Reason.PodUndecodable,
                            "pod %s cannot be decoded, so the state of QEMU is unknown; it is left as it is: %s"
                                    .formatted(vm.getMetadata().getName(), Undecodable.text(odd.get()))))));
        }
        List<DecodeFault> spec = faultsOf(vm, SPEC);
        return spec.isEmpty()
                ? Optional.empty()
                : Optional.of(ours.map(pod -> withPod(pod, text(spec))).orElseGet(() -> withoutPod(text(spec))));
    }

    /** Deleting a pod takes no more than its name and UID. */
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
        PodRecord kept = endedOnPurpose() ? PodRecord.none().after(former.formerPods()) : former;
        return VmPlan.nothing(new RecordedStatus(before)
                .phase()
                .filter(phase -> RunStrategyRules.isOver(before))
                .map(phase -> statuses.over(phase, kept, cause))
                .orElseGet(() -> statuses.blocked(kept, nextStart(), cause)));
    }

    /** The start that follows such an end is the first again, whatever became of the pod. */
    private boolean endedOnPurpose() {
        return VmConditions.state(before.conditions())
                .filter(ready -> Reason.Halted.isOf(ready) || Reason.Restarting.isOf(ready))
                .isPresent();
    }

    private VmPlan withPod(Pod pod, String fault) {
        String name = pod.getMetadata().getName();
        Cause cause = new Cause(
                Reason.InvalidSpec,
                "%s; pod %s is left as it is, and no other follows; correct the field".formatted(fault, name));
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

    /** A machine that runs is as ready as before; what it cannot is begin again. */
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

    private static List<DecodeFault> lostMemory(PassthroughVM vm) {
        return faultsOf(vm, "status").stream()
                .filter(fault -> FOUND_ANEW.stream().noneMatch(field -> isIn(fault.path(), "status." + field)))
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
