package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.pod.StateClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;

/**
 * Objects that have the name of one that the VM needs. Kubernetes deletes objects of a former VM of the name, and objects that
 * are being deleted need no action; only for the others the user must act.
 */
final class NameConflict {
    private NameConflict() {}

    static Cause ofPod(PassthroughVM vm, Pod pod) {
        String name = pod.getMetadata().getName();
        if (ObservedState.isFormer(vm, pod)) {
            return new Cause(
                    Reason.PodLeaving,
                    "pod %s of the former VM of this name still exists; the VM starts when it is gone".formatted(name));
        }
        return pod.isMarkedForDeletion()
                ? new Cause(
                        Reason.PodLeaving,
                        "pod %s, which does not belong to the VM, is being deleted; the VM starts when it is gone"
                                .formatted(name))
                : new Cause(
                        Reason.NameTaken,
                        "pod %s exists and does not belong to the VM; delete it, or give the VM another name"
                                .formatted(name));
    }

    /** Returns the conflict with the claim for the VM's state. */
    static Cause ofClaim(PassthroughVM vm, PersistentVolumeClaim claim) {
        String name = claim.getMetadata().getName();
        if (StateClaim.isOf(vm, claim)) {
            return new Cause(
                    Reason.StateLeaving,
                    "PersistentVolumeClaim %s with the VM's state is being deleted; the VM starts with a new one when it is gone"
                            .formatted(name));
        }
        if (ObservedState.isFormer(vm, claim)) {
            return new Cause(
                    Reason.StateLeaving,
                    "PersistentVolumeClaim %s of the former VM of this name still exists; the VM starts with a new one when it is gone"
                            .formatted(name));
        }
        return claim.isMarkedForDeletion()
                ? new Cause(
                        Reason.StateLeaving,
                        "PersistentVolumeClaim %s, which does not belong to the VM, is being deleted; the VM starts when it is gone"
                                .formatted(name))
                : new Cause(
                        Reason.NameTaken,
                        "PersistentVolumeClaim %s exists and does not belong to the VM, but the VM keeps its state under that name; delete it, or give the VM another name"
                                .formatted(name));
    }
}
