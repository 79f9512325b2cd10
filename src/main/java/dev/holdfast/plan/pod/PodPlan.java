package dev.holdfast.plan.pod;

import dev.holdfast.api.Cause;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Term;
import dev.holdfast.qemu.shape.QemuShape;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;

/** The pod of a VM's spec, or why there is none. */
public sealed interface PodPlan {
    /**
     * It can be made.
     *
     * @param memlock  the limit that goes with the pod
     * @param overhead what the pod's memory has above the guest's
     * @param assumptions what of that no node reports, a message each
     */
    record Ready(Pod pod, QemuShape shape, MemlockPlan memlock, List<Term> overhead, List<String> assumptions)
            implements PodPlan {
        public Ready {
            overhead = List.copyOf(overhead);
            assumptions = List.copyOf(assumptions);
        }
    }

    /** The spec describes no machine, or one that this cluster does not allow. */
    record Invalid(Cause cause) implements PodPlan {}
}
