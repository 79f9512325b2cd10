package dev.holdfast.plan.observed;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodResourceClaim;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Claims that the API server has dropped from a pod. Without the feature gate DynamicResourceAllocation it accepts the pod
 * without them (kubernetes, pkg/api/pod/util.go, dropDisabledDynamicResourceAllocationFields), and the pod would start
 * without its devices.
 */
public final class DroppedClaims {
    private DroppedClaims() {}

    /** Returns the cause with the remedy; empty when the pod has all requested claims. */
    public static Optional<Cause> of(Pod requested, Pod created) {
        Set<String> present = new ObservedPod(created).resourceClaims();
        List<String> dropped = requested.getSpec().getResourceClaims().stream()
                .map(PodResourceClaim::getName)
                .filter(name -> !present.contains(name))
                .toList();
        return dropped.isEmpty()
                ? Optional.empty()
                : Optional.of(new Cause(
                        Reason.ResourceClaimsDisabled,
                        ("the API server dropped the resource claims (%s) from pod %s, but devices with a claimName require"
                                        + " them; update to Kubernetes 1.34 or later, where Dynamic Resource Allocation is"
                                        + " enabled, or use deviceName")
                                .formatted(
                                        String.join(", ", dropped),
                                        requested.getMetadata().getName())));
    }
}
