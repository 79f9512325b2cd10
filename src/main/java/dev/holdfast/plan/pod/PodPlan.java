package dev.holdfast.plan.pod;

import dev.holdfast.api.Cause;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Term;
import dev.holdfast.qemu.shape.QemuShape;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;

/** The pod of a VM's spec, or why it cannot be made. */
public sealed interface PodPlan {
    /**
     * The pod can be made.
     *
     * @param memlock  the limit that goes with the pod
     * @param overhead    terms of the pod's memory in addition to the guest's
     * @param assumptions a message for each figure that is assumed because no node reports it
     */
    record Ready(Pod pod, QemuShape shape, MemlockPlan memlock, List<Term> overhead, List<String> assumptions)
            implements PodPlan {
        public Ready {
            overhead = List.copyOf(overhead);
            assumptions = List.copyOf(assumptions);
        }
    }

    /** The spec is invalid, or not allowed in this cluster. */
    record Invalid(Cause cause) implements PodPlan {}
}
