package dev.holdfast.plan.lifecycle;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.Optional;
import java.util.Set;

/** What to do to the cluster, besides writing the status. */
public sealed interface Action {
    /**
     * By a plain create: a pod of that name that exists is never taken over.
     *
     * @param claim  what has to be there before the pod, and is made likewise
     * @param secret made before it; one of that name is the same
     */
    record CreatePod(Pod pod, Optional<PersistentVolumeClaim> claim, Optional<Secret> secret) implements Action {}

    /**
     * Gracefully, and only the pod with this UID.
     *
     * @param resourceVersion when given, only as the pod was read: a pod that has moved on meanwhile stays
     */
    record DeletePod(String name, String uid, Optional<String> resourceVersion) implements Action {
        static DeletePod of(Pod pod) {
            return new DeletePod(pod.getMetadata().getName(), pod.getMetadata().getUid(), Optional.empty());
        }

        /** A pod that may have been started meanwhile is not deleted. */
        static DeletePod asRead(Pod pod) {
            return new DeletePod(
                    pod.getMetadata().getName(),
                    pod.getMetadata().getUid(),
                    Optional.ofNullable(pod.getMetadata().getResourceVersion()));
        }
    }

    /**
     * Reads these nodes and their reports past the caches, and plans again with what was read.
     *
     * @param names at most {@link dev.holdfast.api.PassthroughVMStatus#MAX_FORMER_PODS} and one
     */
    record InspectNodes(Set<String> names) implements Action {
        public InspectNodes {
            names = Set.copyOf(names);
        }
    }

    record Nothing() implements Action {}
}
