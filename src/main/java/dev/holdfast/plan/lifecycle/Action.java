package dev.holdfast.plan.lifecycle;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.Optional;
import java.util.Set;

/** An action on the cluster, in addition to writing the status. */
public sealed interface Action {
    /**
     * Creates a pod by a plain create request: an existing pod of that name is never adopted.
     *
     * @param claim  created before the pod in the same way
     * @param secret created before the pod; an existing one of that name has the same content
     */
    record CreatePod(Pod pod, Optional<PersistentVolumeClaim> claim, Optional<Secret> secret) implements Action {}

    /**
     * Deletes the pod with this UID gracefully.
     *
     * @param resourceVersion if present, the pod is deleted only if it has not changed since it was read
     */
    record DeletePod(String name, String uid, Optional<String> resourceVersion) implements Action {
        static DeletePod of(Pod pod) {
            return new DeletePod(pod.getMetadata().getName(), pod.getMetadata().getUid(), Optional.empty());
        }

        /** Returns the deletion of a pod that has not changed since it was read, and so was not started meanwhile. */
        static DeletePod asRead(Pod pod) {
            return new DeletePod(
                    pod.getMetadata().getName(),
                    pod.getMetadata().getUid(),
                    Optional.ofNullable(pod.getMetadata().getResourceVersion()));
        }
    }

    /**
     * Reads these nodes and their reports from the API server instead of the caches, and plans again with the result.
     *
     * @param names at most {@link dev.holdfast.api.PassthroughVMStatus#MAX_FORMER_PODS} + 1
     */
    record InspectNodes(Set<String> names) implements Action {
        public InspectNodes {
            names = Set.copyOf(names);
        }
    }

    record Nothing() implements Action {}
}
