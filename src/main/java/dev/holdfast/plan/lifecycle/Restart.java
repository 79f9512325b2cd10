package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.api.vm.StartTimes;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.observed.PodState;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.observed.Times;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.VmPod;
import dev.holdfast.plan.status.PodRecord;
import dev.holdfast.plan.status.StatusPlan;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether a restart was asked for that is still to be done, and what is in its way. */
final class Restart {
    private final PassthroughVM vm;
    private final MachineSpec.Result machine;
    private final PassthroughVMStatus before;
    private final OperatorSettings defaults;
    private final Optional<RestartRequest> request;
    private final boolean open;

    /**
     * Of a VM with its status as last written.
     *
     * @param pod of the VM's name
     */
    Restart(ObservedState observed, Optional<Pod> pod, OperatorSettings defaults) {
        this.vm = observed.vm();
        this.machine = observed.machine();
        this.before = StatusPlan.before(vm);
        this.defaults = defaults;
        this.request = RestartRequest.of(vm);
        this.open = new RecordedStatus(before).podUid().isPresent()
                && RunStrategyRules.strategy(vm) != RunStrategy.Halted
                && request.isPresent()
                && request.get().isOpen(before.restartedAt(), start(pod.filter(PodRecord.of(before)::is)));
    }

    /** It is asked for, and nothing is in its way. */
    boolean isDue() {
        return open && obstacle().isEmpty();
    }

    /** Why what the annotation says is not done; empty as well when it asks for nothing. */
    Optional<Cause> refusal() {
        Optional<Cause> fault = request.flatMap(RestartRequest::fault);
        return fault.isPresent() || !open ? fault : obstacle();
    }

    /** What the pod that is bound next answers. */
    @Nullable
    String served() {
        return request.filter(asked -> asked.time().isPresent())
                .map(RestartRequest::text)
                .orElse(null);
    }

    private Optional<Cause> obstacle() {
        if (RunStrategyRules.strategy(vm) == RunStrategy.Once) {
            return Optional.of(new Cause(
                    Reason.RunStrategyOnce,
                    "the annotation %s asks for a restart, but spec.runStrategy is Once, so the machine runs no second time; for another run set it to Halted and then to Once again"
                            .formatted(Names.RESTARTED_AT_ANNOTATION)));
        }
        // A machine that runs is worth more than one that cannot be made.
        return switch (VmPod.of(vm, machine, defaults.pod(), List.of(), Set.of())) {
            case PodPlan.Ready ready -> Optional.empty();
            case PodPlan.Invalid invalid ->
                Optional.of(new Cause(
                        invalid.cause().reason(),
                        "the restart that the annotation %s asks for waits, as no pod can be made of the spec: %s"
                                .formatted(
                                        Names.RESTARTED_AT_ANNOTATION,
                                        invalid.cause().message())));
        };
    }

    /** Of a pod that is gone the status remembers it: a time that no write of ours moves. */
    private Instant start(Optional<Pod> bound) {
        return bound.map(PodState::start).or(this::remembered).orElse(Instant.EPOCH);
    }

    private Optional<Instant> remembered() {
        StartTimes times = new RecordedStatus(before).startTimes();
        return Times.parse(times.executed()).or(() -> Times.parse(times.created()));
    }
}
