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
 * The conditions for tools that wait for applied objects (sigs.k8s.io/cli-utils, pkg/kstatus): Reconciling while the operator
 * makes progress or waits, Stalled when only a user can continue; at most one of them, and neither when the VM is as its spec
 * requires. These tools read Ready False as work in progress, so a machine that is off on purpose has Stopped in its place.
 */
final class KstatusConditions {
    private static final Set<String> TYPES = Set.of(RECONCILING, STALLED);

    /** Reasons that end only by a change of the VM, of a conflicting object, or of the operator. */
    private static final Set<Reason> STALLING = EnumSet.of(
            Reason.ImageVolumesDisabled,
            Reason.InvalidSpec,
            Reason.InvalidStatus,
            Reason.MemlockLimitTooLow,
            Reason.MemlockPolicyNotAllowed,
            Reason.NameTaken,
            Reason.PodUndecodable,
            Reason.ResourceClaimNotSupported,
            Reason.ResourceClaimsDisabled);

    private final PassthroughVM vm;
    private final Instant now;

    KstatusConditions(PassthroughVM vm, Instant now) {
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
        boolean isOff = isOff(status);
        Stream<Condition> others = conditions.stream()
                .filter(condition -> !TYPES.contains(condition.getType()))
                .filter(condition -> !isOff || !condition.getType().equals(READY));
        List<Condition> made = VmConditions.of(
                StatusPlan.before(vm).conditions(),
                vm.getMetadata().getGeneration(),
                now,
                isOff ? Stream.of(new Verdict(STOPPED, "True", Cause.of(state.get()))) : verdicts(status, state.get()));
        Stream<Condition> kept = others.filter(condition -> !condition.getType().equals(STOPPED));
        return status.withConditions(
                (isOff ? Stream.concat(made.stream(), kept) : Stream.concat(kept, made.stream())).toList());
    }

    private static Stream<Verdict> verdicts(PassthroughVMStatus status, Condition ready) {
        Cause cause = Cause.of(ready);
        RecordedStatus planned = new RecordedStatus(status);
        if (planned.phase().isEmpty()) {
            // The stored status, which is kept, may have the other condition.
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

    /** Returns whether the machine is off as the spec requires. */
    private static boolean isOff(PassthroughVMStatus status) {
        return status.phase() == Phase.Stopped
                || status.phase() == Phase.Succeeded
                        && new RecordedStatus(status).nextStartTime().isEmpty()
                        && !VmConditions.state(status.conditions())
                                .filter(KstatusConditions::isStalling)
                                .isPresent();
    }

    private static boolean isStalling(Condition state) {
        return Reason.of(state.getReason()).filter(STALLING::contains).isPresent();
    }
}
