package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Names;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.observed.PodState;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.status.PodRecord;
import dev.holdfast.plan.status.StatusPlan;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.plan.status.VmConditions.Verdict;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Adds the conditions RestartRequired and RestartPossible to any state of a machine, while they apply. */
final class RestartConditions {
    private static final Set<String> TYPES = Set.of(VmConditions.RESTART_REQUIRED, VmConditions.RESTART_POSSIBLE);

    private final ObservedState observed;
    private final PassthroughVM vm;
    private final Optional<Pod> pod;
    private final RequestedRestart restart;
    private final OperatorSettings defaults;
    private final Instant now;

    /** Makes the conditions of a VM and its own pod. */
    RestartConditions(
            ObservedState observed,
            Optional<Pod> pod,
            RequestedRestart restart,
            OperatorSettings defaults,
            Instant now) {
        this.observed = observed;
        this.vm = observed.vm();
        this.pod = pod;
        this.restart = restart;
        this.defaults = defaults;
        this.now = now;
    }

    VmPlan on(VmPlan plan) {
        boolean deletes = plan.action() instanceof Action.DeletePod;
        Stream<Verdict> verdicts = Stream.of(
                        pod.filter(present -> !deletes).flatMap(present -> required(present, plan.status())),
                        restart.refusal().map(cause -> Verdict.no(VmConditions.RESTART_POSSIBLE, cause)))
                .flatMap(Optional::stream);
        return new VmPlan(plan.action(), with(verdicts, plan.status()), plan.recheck());
    }

    private PassthroughVMStatus with(Stream<Verdict> verdicts, PassthroughVMStatus status) {
        List<Condition> known = new RecordedStatus(status).conditions();
        List<Condition> others = known.stream()
                .filter(condition -> !TYPES.contains(condition.getType()))
                .toList();
        List<Condition> added = VmConditions.of(
                StatusPlan.before(vm).conditions(), vm.getMetadata().getGeneration(), now, verdicts);
        if (added.isEmpty() && others.size() == known.size()) {
            return status;
        }
        return status.withConditions(
                Stream.concat(others.stream(), added.stream()).toList());
    }

    /** Returns the verdict on a bound pod whose machine may run; any other pod is replaced without a restart. */
    private Optional<Verdict> required(Pod present, PassthroughVMStatus status) {
        if (present.isMarkedForDeletion()
                || !PodRecord.of(status).is(present)
                || PodState.of(present) instanceof PodState.Ended) {
            return Optional.empty();
        }
        List<String> fields =
                SpecChange.fields(observed, present, new RecordedStatus(status).cloudInitHash(), defaults);
        return fields.isEmpty()
                ? Optional.empty()
                : Optional.of(Verdict.yes(VmConditions.RESTART_REQUIRED, Reason.SpecDiffers, message(fields)));
    }

    private String message(List<String> fields) {
        String name = vm.getMetadata().getName();
        String last = fields.getLast();
        String before = String.join(", ", fields.subList(0, fields.size() - 1));
        return "%s from the spec that pod %s was created from; %s"
                .formatted(
                        before.isEmpty() ? last + " differs" : before + " and " + last + " differ",
                        name,
                        RunStrategyRules.strategy(vm) == RunStrategy.Once
                                ? "spec.runStrategy is Once, so set it to Halted and then to Once again for a run with the new spec"
                                : "restart it, for instance with `kubectl annotate ptvm -n %s %s --overwrite %s=$(date -u +%%Y-%%m-%%dT%%H:%%M:%%SZ)`"
                                        .formatted(
                                                vm.getMetadata().getNamespace(), name, Names.RESTARTED_AT_ANNOTATION));
    }
}
