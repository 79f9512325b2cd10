package dev.holdfast.plan;

import dev.holdfast.api.Cause;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Term;
import dev.holdfast.qemu.QemuShape;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;

/** What a VM's spec amounts to. */
public sealed interface PodPlan {
    /**
     * It can be made.
     *
     * @param memlock  the limit that goes with the pod
     * @param overhead what the pod's memory has above the guest's
     * @param assumptions what of that no node reports, a sentence each
     */
    record Ready(Pod pod, QemuShape shape, MemlockPlan memlock, List<Term> overhead, List<String> assumptions)
            implements PodPlan {
        public Ready {
            overhead = List.copyOf(overhead);
            assumptions = List.copyOf(assumptions);
        }
    }

    /** The spec says something that the API server cannot check, and it cannot be done. */
    record Invalid(Cause cause) implements PodPlan {}
}
