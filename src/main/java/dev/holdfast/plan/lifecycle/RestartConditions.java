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

/** The conditions that stand beside every state of a machine, and only while there is something to say. */
final class RestartConditions {
    private static final Set<String> TYPES = Set.of(VmConditions.RESTART_REQUIRED, VmConditions.RESTART_POSSIBLE);

    private final ObservedState observed;
    private final PassthroughVM vm;
    private final Optional<Pod> pod;
    private final Restart restart;
    private final OperatorSettings defaults;
    private final Instant now;

    /** Of a VM and its own pod. */
    RestartConditions(
            ObservedState observed, Optional<Pod> pod, Restart restart, OperatorSettings defaults, Instant now) {
        this.observed = observed;
        this.vm = observed.vm();
        this.pod = pod;
        this.restart = restart;
        this.defaults = defaults;
        this.now = now;
    }

    VmPlan on(VmPlan plan) {
        boolean leaves = plan.action() instanceof Action.DeletePod;
        Stream<Verdict> verdicts = Stream.of(
                        pod.filter(present -> !leaves).flatMap(present -> required(present, plan.status())),
                        restart.refusal().map(cause -> Verdict.no(VmConditions.RESTART_POSSIBLE, cause)))
                .flatMap(Optional::stream);
        return new VmPlan(plan.action(), with(verdicts, plan.status()), plan.recheck());
    }

    private PassthroughVMStatus with(Stream<Verdict> verdicts, PassthroughVMStatus status) {
        List<Condition> said = new RecordedStatus(status).conditions();
        List<Condition> others = said.stream()
                .filter(condition -> !TYPES.contains(condition.getType()))
                .toList();
        List<Condition> ours = VmConditions.of(
                StatusPlan.before(vm).conditions(), vm.getMetadata().getGeneration(), now, verdicts);
        if (ours.isEmpty() && others.size() == said.size()) {
            return status;
        }
        return status.withConditions(
                Stream.concat(others.stream(), ours.stream()).toList());
    }

    /** Of a machine that may run, in the pod that it is bound to: any other is made anew in any case. */
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
                : Optional.of(Verdict.yes(VmConditions.RESTART_REQUIRED, Reason.SpecDiffers, sentence(fields)));
    }

    private String sentence(List<String> fields) {
        String name = vm.getMetadata().getName();
        String last = fields.getLast();
        String before = String.join(", ", fields.subList(0, fields.size() - 1));
        return "%s from what pod %s was made from; %s"
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
