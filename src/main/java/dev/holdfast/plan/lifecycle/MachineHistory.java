package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.FormerPod;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.observed.Times;
import dev.holdfast.plan.status.PodRecord;
import dev.holdfast.plan.status.StatusPlan;
import dev.holdfast.plan.status.VmConditions;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What a VM's status remembers of its machine, and what follows from that for the next start. */
final class MachineHistory {
    private final PassthroughVM vm;
    private final PassthroughVMStatus before;
    private final RecordedStatus known;
    private final RestartBackoff backoff;
    private final Instant now;
    private final boolean restartIsDue;
    private final List<FormerPod> formerPods;

    MachineHistory(
            ObservedState observed, RestartBackoff backoff, Instant now, boolean restartIsDue, FormerPods formerPods) {
        this.vm = observed.vm();
        this.before = StatusPlan.before(vm);
        this.known = new RecordedStatus(before);
        this.backoff = backoff;
        this.now = now;
        this.restartIsDue = restartIsDue;
        this.formerPods = formerPods.all();
    }

    /** The user wants a start: no back-off, and no former failure counts. */
    boolean isFresh() {
        return isReady(Reason.Halted)
                || isReady(Reason.Restarting)
                || restartIsDue
                || (RunStrategyRules.isOver(before) && RunStrategyRules.after(vm, end()));
    }

    /** Whether the run strategy lets the machine start once more. */
    boolean mayStart() {
        return known.podUid().isEmpty() || isFresh() || RunStrategyRules.after(vm, end());
    }

    /** How the machine ended; one that vanished has failed. */
    Phase end() {
        return known.end().orElse(before.phase() == Phase.Succeeded ? Phase.Succeeded : Phase.Failed);
    }

    /** When the next start is due. A time that no back-off could have given is a wrong clock's, and is due now. */
    Optional<Instant> nextStart() {
        return nextStart(before, backoff, now);
    }

    static Optional<Instant> nextStart(PassthroughVMStatus before, RestartBackoff backoff, Instant now) {
        return Times.parse(before.nextStartTime())
                .map(due -> due.isAfter(now.plus(backoff.pauses().longest())) ? now : due);
    }

    /** What survives while there is no pod: a start on purpose has no past but its former pods. */
    PodRecord pending() {
        return isFresh() ? none() : PodRecord.of(before).after(formerPods);
    }

    /** Nothing but the former pods. */
    PodRecord none() {
        return PodRecord.none().after(formerPods);
    }

    int restartsWhenBound() {
        PodRecord former = pending();
        return former.podUid() == null ? former.restarts() : former.restarts() + 1;
    }

    /** Counted once, when the machine stops running: a machine that ran for long is forgiven. */
    int restartsIfItEndsNow() {
        int restarts = known.restarts();
        boolean ran = before.phase() == Phase.Running || before.phase() == Phase.Unknown;
        return Times.parse(known.startTimes().running())
                .filter(since -> ran)
                .map(since -> backoff.restartsAfter(restarts, Duration.between(since, now)))
                .orElse(restarts);
    }

    /** Whether the pod is being deleted, whatever a cache says: that was written after the API server had agreed to it. */
    boolean isStopping(Pod pod) {
        return pod.isMarkedForDeletion()
                || (before.phase() == Phase.Stopping && PodRecord.of(before).is(pod));
    }

    /** Returns whether the condition Ready has this reason. */
    boolean isReady(Reason reason) {
        return reason.name().equals(readyReason());
    }

    String readyReason() {
        return VmConditions.state(before.conditions()).map(Condition::getReason).orElse("");
    }
}
