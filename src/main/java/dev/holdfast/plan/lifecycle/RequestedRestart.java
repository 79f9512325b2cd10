package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.api.vm.StartTimes;
import dev.holdfast.plan.observed.PodState;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.observed.ReportedNodes;
import dev.holdfast.plan.observed.Times;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.VmPod;
import dev.holdfast.plan.status.PodRecord;
import dev.holdfast.plan.status.StatusPlan;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A requested restart that is not done yet, and its obstacles. */
final class RequestedRestart {
    private final PassthroughVM vm;
    private final ReadOnce spec;
    private final PassthroughVMStatus before;
    private final OperatorSettings defaults;
    private final Optional<RestartRequest> request;
    private final boolean open;

    /**
     * Reads the request of a VM.
     *
     * @param pod the VM's own pod
     */
    RequestedRestart(ObservedState observed, Optional<Pod> pod, OperatorSettings defaults) {
        this.vm = observed.vm();
        this.spec = observed.spec();
        this.before = StatusPlan.before(vm);
        this.defaults = defaults;
        this.request = RestartRequest.of(vm);
        this.open = new RecordedStatus(before).podUid().isPresent()
                && RunStrategyRules.strategy(vm) != RunStrategy.Halted
                && request.isPresent()
                && request.get().isOpen(before.restartedAt(), start(pod.filter(PodRecord.of(before)::is)));
    }

    /** Returns whether a restart is requested and possible. */
    boolean isDue() {
        return open && obstacle().isEmpty();
    }

    /** Returns why the requested restart is not done; empty without a request too. */
    Optional<Cause> refusal() {
        Optional<Cause> fault = request.flatMap(RestartRequest::fault);
        return fault.isPresent() || !open ? fault : obstacle();
    }

    /** Returns the request that the next pod serves; null without one. */
    @Nullable
    String served() {
        return request.filter(requested -> requested.time().isPresent())
                .map(RestartRequest::text)
                .orElse(null);
    }

    private Optional<Cause> obstacle() {
        if (RunStrategyRules.strategy(vm) == RunStrategy.Once) {
            return Optional.of(new Cause(
                    Reason.RunStrategyOnce,
                    "annotation %s requests a restart, but spec.runStrategy is Once, so the machine does not run a second time; for another run set it to Halted and then to Once again"
                            .formatted(Names.RESTARTED_AT_ANNOTATION)));
        }
        // A running machine is not stopped for a pod that cannot be made.
        return switch (VmPod.of(vm, spec.machine(), defaults.pod(), ReportedNodes.none(), Set.of())) {
            case PodPlan.Ready ready -> Optional.empty();
            case PodPlan.Invalid invalid ->
                Optional.of(new Cause(
                        invalid.cause().reason(),
                        "the restart that annotation %s requests is delayed because no pod can be created from the spec: %s"
                                .formatted(
                                        Names.RESTARTED_AT_ANNOTATION,
                                        invalid.cause().message())));
        };
    }

    /** Returns the start of the machine, from the status for a pod that is gone. No write of the operator changes that time. */
    private Instant start(Optional<Pod> bound) {
        return bound.map(PodState::start).or(this::recorded).orElse(Instant.EPOCH);
    }

    private Optional<Instant> recorded() {
        StartTimes times = new RecordedStatus(before).startTimes();
        return Times.parse(times.executed()).or(() -> Times.parse(times.created()));
    }
}
