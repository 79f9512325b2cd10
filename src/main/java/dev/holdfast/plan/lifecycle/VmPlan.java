package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.vm.PassthroughVMStatus;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import java.time.Instant;
import java.util.Optional;

/**
 * What to do about one VM now.
 *
 * @param action  on its pod
 * @param status  what the VM's status shall be; equal to the present one when nothing is to be written
 * @param recheck when to look again although nothing happened
 */
public record VmPlan(Action action, PassthroughVMStatus status, Optional<Instant> recheck) {
    /** Decides from what was observed, the clock and nothing else. */
    public static VmPlan of(ObservedState observed, OperatorSettings defaults, Instant now) {
        VmPlan plan = UndecodableVm.plan(observed, defaults, now)
                .orElseGet(() -> new VmDecision(observed, defaults, now).plan());
        return observed.vm().isMarkedForDeletion() ? plan : new Progress(observed.vm(), now).on(plan);
    }

    /** After the API server has refused the pod: its words become the VM's condition. */
    public static VmPlan refused(ObservedState observed, OperatorSettings defaults, Instant now, String words) {
        return new Progress(observed.vm(), now).on(new VmDecision(observed, defaults, now).refused(words));
    }

    /** After the claim for the VM's state was found to be somebody else's, or on its way out. */
    public static VmPlan claimTaken(
            ObservedState observed, OperatorSettings defaults, Instant now, PersistentVolumeClaim claim) {
        return new Progress(observed.vm(), now).on(new VmDecision(observed, defaults, now).claimTaken(claim));
    }

    /** The same status, with the action put off. */
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
