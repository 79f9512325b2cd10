package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.observed.ObservedPod;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.observed.Times;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.plan.status.VmConditions.Verdict;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A pod that is being deleted and whose QEMU has ended. The kubelet keeps it until the drivers of its claims have released
 * their devices (pkg/kubelet/kubelet.go, SyncTerminatingPod), and so for as long as a driver is away.
 */
final class ClaimRelease {
    /** Usual time for a release, several times over. */
    private static final Duration USUAL = Duration.ofSeconds(30);

    private final Pod pod;
    private final ObservedPod observed;
    private final Instant now;

    ClaimRelease(Pod pod, Instant now) {
        this.pod = pod;
        this.now = now;
        this.observed = new ObservedPod(pod);
    }

    /** Returns a plan with the status, which says what the pod waits for when that takes long. */
    VmPlan on(PassthroughVMStatus status) {
        return due().map(due -> now.isBefore(due) ? VmPlan.wait(status, due) : VmPlan.nothing(waiting(status)))
                .orElseGet(() -> VmPlan.nothing(status));
    }

    private PassthroughVMStatus waiting(PassthroughVMStatus status) {
        List<Condition> conditions = new RecordedStatus(status).conditions();
        Condition waiting = VmConditions.of(
                        conditions,
                        status.observedGeneration(),
                        now,
                        Stream.of(Verdict.no(VmConditions.DEVICES_ALLOCATED, cause())))
                .getFirst();
        return status.withConditions(conditions.stream()
                .map(condition -> condition.getType().equals(waiting.getType()) ? waiting : condition)
                .toList());
    }

    /** Returns when its claims are to be released at the latest; empty for a pod that does not wait for that. */
    private Optional<Instant> due() {
        if (!pod.isMarkedForDeletion() || !observed.hasResourceClaims()) {
            return Optional.empty();
        }
        return observed.container(Names.QEMU_CONTAINER)
                .flatMap(state -> Given.of(state, ContainerState::getTerminated))
                .map(ContainerStateTerminated::getFinishedAt)
                .flatMap(Times::parse)
                .map(ended -> ended.plus(USUAL));
    }

    private Cause cause() {
        return new Cause(
                Reason.WaitingForRelease,
                "QEMU has ended, but node %s keeps pod %s until the driver of its claims has released the devices; check that the agent, or the other driver, runs on that node"
                        .formatted(
                                observed.node().orElse("?"), pod.getMetadata().getName()));
    }
}
