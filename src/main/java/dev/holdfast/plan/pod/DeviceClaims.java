package dev.holdfast.plan.pod;

import dev.holdfast.plan.machine.MachineSpec;
import io.fabric8.kubernetes.api.model.PodResourceClaim;
import io.fabric8.kubernetes.api.model.PodResourceClaimBuilder;
import io.fabric8.kubernetes.api.model.ResourceClaim;
import io.fabric8.kubernetes.api.model.ResourceClaimBuilder;
import java.util.List;

/** The claims of a pod and its container, by which devices are allocated. Nulls are those of the pod's JSON. */
final class DeviceClaims {
    private DeviceClaims() {}

    static List<PodResourceClaim> ofPod(MachineSpec machine) {
        return machine.deviceClaims().stream()
                .map(claim -> {
                    PodResourceClaimBuilder made = new PodResourceClaimBuilder().withName(claim.name());
                    return switch (claim.kind()) {
                        case CLAIM -> made.withResourceClaimName(claim.object()).build();
                        case TEMPLATE ->
                            made.withResourceClaimTemplateName(claim.object()).build();
                    };
                })
                .toList();
    }

    /** Returns an entry for each device by claim: the API server accepts a claim more than once if the requests differ. */
    static List<ResourceClaim> ofContainer(MachineSpec machine) {
        return machine.claimedDevices().stream()
                .map(device -> new ResourceClaimBuilder()
                        .withName(device.claim())
                        .withRequest(device.request().isEmpty() ? null : device.request())
                        .build())
                .toList();
    }
}
