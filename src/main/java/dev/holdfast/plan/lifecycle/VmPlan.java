package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.plan.status.StatusPlan;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import java.time.Instant;
import java.util.Optional;

/**
 * The next action for a VM, and its status.
 *
 * @param action  action on its pod
 * @param status  the VM's new status; equal to the current one when nothing is to be written
 * @param recheck when to plan again without an event
 */
public record VmPlan(Action action, PassthroughVMStatus status, Optional<Instant> recheck) {
    /** Plans from the observed state and the clock only. */
    public static VmPlan of(ObservedState observed, OperatorSettings defaults, Instant now) {
        VmPlan plan = UndecodableVm.plan(observed, defaults, now)
                .orElseGet(() -> new VmDecision(observed, defaults, now).plan());
        return observed.vm().isMarkedForDeletion() ? plan : new KstatusConditions(observed.vm(), now).on(plan);
    }

    /** Plans after the API server has refused the pod, whose message becomes the VM's condition. */
    public static VmPlan refused(ObservedState observed, OperatorSettings defaults, Instant now, String message) {
        return new KstatusConditions(observed.vm(), now).on(new VmDecision(observed, defaults, now).refused(message));
    }

    /** Plans after the claim for the VM's state was found to belong to another owner, or to be deleted. */
    public static VmPlan claimTaken(
            ObservedState observed, OperatorSettings defaults, Instant now, PersistentVolumeClaim claim) {
        return new KstatusConditions(observed.vm(), now).on(new VmDecision(observed, defaults, now).claimTaken(claim));
    }

    /** Does nothing until then. */
    public static VmPlan later(ObservedState observed, Instant until) {
        return wait(StatusPlan.before(observed.vm()), until);
    }

    /** Returns the same status with the action postponed. */
    public VmPlan postponed(Instant until) {
        return wait(status, until);
    }

    static VmPlan nothing(PassthroughVMStatus status) {
        return new VmPlan(new Action.Nothing(), status, Optional.empty());
    }

    static VmPlan wait(PassthroughVMStatus status, Instant until) {
        return new VmPlan(new Action.Nothing(), status, Optional.of(until));
    }

    static VmPlan act(Action action, PassthroughVMStatus status) {
        return new VmPlan(action, status, Optional.empty());
    }
}
