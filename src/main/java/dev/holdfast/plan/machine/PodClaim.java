package dev.holdfast.plan.machine;

/**
 * A claim of the pod, by which devices are allocated.
 *
 * @param name   in the pod
 * @param object name of the ResourceClaim, or of the ResourceClaimTemplate
 */
public record PodClaim(String name, Kind kind, String object) {
    public enum Kind {
        /** An existing ResourceClaim. */
        CLAIM,
        /** A template, from which a ResourceClaim is created for each pod. */
        TEMPLATE
    }
}
