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

/** The history of a machine in the VM's status, and its effect on the next start. */
final class RestartHistory {
    private final PassthroughVM vm;
    private final PassthroughVMStatus before;
    private final RecordedStatus known;
    private final RestartBackoff backoff;
    private final Instant now;
    private final boolean restartIsDue;
    private final List<FormerPod> formerPods;

    RestartHistory(
            ObservedState observed, RestartBackoff backoff, Instant now, boolean restartIsDue, FormerPods formerPods) {
        this.vm = observed.vm();
        this.before = StatusPlan.before(vm);
        this.known = new RecordedStatus(before);
        this.backoff = backoff;
        this.now = now;
        this.restartIsDue = restartIsDue;
        this.formerPods = formerPods.all();
    }

    /** Returns whether the user requested a start: then there is no back-off, and former failures do not count. */
    boolean isFresh() {
        return isReady(Reason.Halted)
                || isReady(Reason.Restarting)
                || restartIsDue
                || (RunStrategyRules.isOver(before) && RunStrategyRules.after(vm, end()));
    }

    /** Returns whether the run strategy allows another start. */
    boolean mayStart() {
        return known.podUid().isEmpty() || isFresh() || RunStrategyRules.after(vm, end());
    }

    /** Returns the phase in which the machine ended; Failed for one whose pod vanished. */
    Phase end() {
        return known.end().orElse(before.phase() == Phase.Succeeded ? Phase.Succeeded : Phase.Failed);
    }

    /** Returns when the next start is due. A time beyond the longest back-off comes from a wrong clock, and is due now. */
    Optional<Instant> nextStart() {
        return nextStart(before, backoff, now);
    }

    static Optional<Instant> nextStart(PassthroughVMStatus before, RestartBackoff backoff, Instant now) {
        return Times.parse(before.nextStartTime())
                .map(due -> due.isAfter(now.plus(backoff.pauses().longest())) ? now : due);
    }

    /** Returns the record that is kept while there is no pod; for a requested start only its former pods. */
    PodRecord pending() {
        return isFresh() ? none() : PodRecord.of(before).after(formerPods);
    }

    /** Returns a record of only the former pods. */
    PodRecord none() {
        return PodRecord.none().after(formerPods);
    }

    int restartsWhenBound() {
        PodRecord former = pending();
        return former.podUid() == null ? former.restarts() : former.restarts() + 1;
    }

    /** Returns the number of restarts at the end of the machine: it is reset for a machine that ran for a long time. */
    int restartsIfItEndsNow() {
        int restarts = known.restarts();
        boolean ran = before.phase() == Phase.Running || before.phase() == Phase.Unknown;
        return Times.parse(known.startTimes().running())
                .filter(since -> ran)
                .map(since -> backoff.restartsAfter(restarts, Duration.between(since, now)))
                .orElse(restarts);
    }

    /**
     * Returns whether the pod is being deleted. If the cached pod does not show it yet, the phase Stopping does: it is written
     * once the API server has accepted the deletion.
     */
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
