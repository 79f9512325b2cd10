package dev.holdfast.plan;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.Optional;

/** What to do to the cluster, besides writing the status. */
public sealed interface Action {
    /**
     * By a plain create: a pod of that name that exists is never taken over.
     *
     * @param claim  what has to be there before the pod, and is made likewise
     * @param secret made before it; one of that name is the same
     */
    record CreatePod(Pod pod, Optional<PersistentVolumeClaim> claim, Optional<Secret> secret) implements Action {}

    /** Gracefully, and only the pod with this UID. */
    record DeletePod(String name, String uid) implements Action {}

    record Nothing() implements Action {}
}
