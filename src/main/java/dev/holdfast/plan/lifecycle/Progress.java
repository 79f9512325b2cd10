package dev.holdfast.plan.lifecycle;

import static dev.holdfast.plan.status.VmConditions.READY;
import static dev.holdfast.plan.status.VmConditions.RECONCILING;
import static dev.holdfast.plan.status.VmConditions.RESTART_POSSIBLE;
import static dev.holdfast.plan.status.VmConditions.STALLED;
import static dev.holdfast.plan.status.VmConditions.STOPPED;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.status.StatusPlan;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.plan.status.VmConditions.Verdict;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The conditions that tools read which wait for what they have applied (sigs.k8s.io/cli-utils, pkg/kstatus): Reconciling
 * while the operator gets on or waits, Stalled when only a user ends it; at most one of them, and neither when the VM is as
 * its spec wants it. There Ready False counts as work under way, so that a machine that is off on purpose has Stopped in its
 * place.
 */
final class Progress {
    private static final Set<String> TYPES = Set.of(RECONCILING, STALLED);

    /** What only a person ends: by a change of the VM, of what is in its way, or of the operator, which notices by itself. */
    private static final Set<Reason> STALLING = EnumSet.of(
            Reason.ImageVolumesDisabled,
            Reason.InvalidSpec,
            Reason.InvalidStatus,
            Reason.MemlockLimitTooLow,
            Reason.MemlockPolicyNotAllowed,
            Reason.NameTaken,
            Reason.PodUndecodable);

    private final PassthroughVM vm;
    private final Instant now;

    Progress(PassthroughVM vm, Instant now) {
        this.vm = vm;
        this.now = now;
    }

    VmPlan on(VmPlan plan) {
        return new VmPlan(plan.action(), on(plan.status()), plan.recheck());
    }

    private PassthroughVMStatus on(PassthroughVMStatus status) {
        List<Condition> conditions = new RecordedStatus(status).conditions();
        Optional<Condition> state = VmConditions.state(conditions);
        if (state.isEmpty()) {
            return status;
        }
        boolean rests = rests(status);
        Stream<Condition> others = conditions.stream()
                .filter(condition -> !TYPES.contains(condition.getType()))
                .filter(condition -> !rests || !condition.getType().equals(READY));
        List<Condition> made = VmConditions.of(
                StatusPlan.before(vm).conditions(),
                vm.getMetadata().getGeneration(),
                now,
                rests ? Stream.of(new Verdict(STOPPED, "True", Cause.of(state.get()))) : verdicts(status, state.get()));
        Stream<Condition> kept = others.filter(condition -> !condition.getType().equals(STOPPED));
        return status.withConditions(
                (rests ? Stream.concat(made.stream(), kept) : Stream.concat(kept, made.stream())).toList());
    }

    private static Stream<Verdict> verdicts(PassthroughVMStatus status, Condition ready) {
        Cause cause = Cause.of(ready);
        RecordedStatus planned = new RecordedStatus(status);
        if (planned.phase().isEmpty()) {
            // Beside a stored status, of which the other condition may be a part.
            return Stream.of(new Verdict(STALLED, "True", cause), Verdict.no(RECONCILING, cause));
        }
        if (status.phase() == Phase.Running) {
            Optional<Condition> refused = VmConditions.find(status.conditions(), RESTART_POSSIBLE);
            return ready.getStatus().equals("True")
                    ? refused.stream().map(condition -> new Verdict(STALLED, "True", Cause.of(condition)))
                    : Stream.of(new Verdict(STALLED, "True", cause));
        }
        boolean isOff =
                status.phase() == Phase.Failed && planned.nextStartTime().isEmpty();
        boolean stalls =
                isOff || Reason.of(cause.reason()).filter(STALLING::contains).isPresent();
        return Stream.of(new Verdict(stalls ? STALLED : RECONCILING, "True", cause));
    }

    /** Off, as the spec wants it. */
    private static boolean rests(PassthroughVMStatus status) {
        return status.phase() == Phase.Stopped
                || status.phase() == Phase.Succeeded
                        && new RecordedStatus(status).nextStartTime().isEmpty()
                        && !VmConditions.state(status.conditions())
                                .filter(Progress::isStalling)
                                .isPresent();
    }

    private static boolean isStalling(Condition state) {
        return Reason.of(state.getReason()).filter(STALLING::contains).isPresent();
    }
}
