package dev.holdfast.plan.machine;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Scheduling and image-pull settings of the pod, copied from the spec.
 *
 * @param podAffinity       {@link #NO_AFFINITY} for none
 * @param priorityClassName empty for the cluster's default
 * @param schedulerName     empty for the cluster's default
 */
public record Placement(
        Map<String, String> nodeSelector,
        Affinity podAffinity,
        List<Toleration> tolerations,
        String priorityClassName,
        String schedulerName,
        List<LocalObjectReference> imagePullSecrets) {
    static final Affinity NO_AFFINITY = new Affinity();

    public Placement {
        tolerations = List.copyOf(tolerations);
        imagePullSecrets = List.copyOf(imagePullSecrets);
    }

    public Optional<Affinity> affinity() {
        return Optional.of(podAffinity).filter(affinity -> !affinity.equals(NO_AFFINITY));
    }

    public Optional<String> priorityClass() {
        return Optional.of(priorityClassName).filter(name -> !name.isEmpty());
    }

    public Optional<String> scheduler() {
        return Optional.of(schedulerName).filter(name -> !name.isEmpty());
    }
}
