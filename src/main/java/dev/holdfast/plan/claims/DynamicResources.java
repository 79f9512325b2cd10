package dev.holdfast.plan.claims;

import dev.holdfast.api.Cause;
import dev.holdfast.plan.machine.DeviceSource;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.machine.PodClaim;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimSpec;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplateSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Objects of Dynamic Resource Allocation that concern a VM, as read from the API server.
 *
 * @param state          whether they were read
 * @param claims         ResourceClaims of the VM's namespace that its spec or its pod names, by name
 * @param templates      ResourceClaimTemplates that the spec names, by name
 * @param classes        all DeviceClasses, by name
 * @param devices        devices that drivers offer
 * @param generated      names of the claims that were created for the pod, by their name in the pod
 * @param notOffered     why an extended resource of a PassthroughDeviceClass is not offered by DRA, by the resource's name
 * @param prepareFailure the kubelet's latest message about a device that could not be prepared
 */
public record DynamicResources(
        State state,
        Map<String, ResourceClaim> claims,
        Map<String, ResourceClaimTemplate> templates,
        Map<String, DeviceClass> classes,
        SliceDevices devices,
        Map<String, String> generated,
        Map<String, Cause> notOffered,
        Optional<String> prepareFailure) {
    /** Result of reading. */
    public enum State {
        /** The objects were not read, as nothing depends on them. */
        UNKNOWN,
        /** The API server has no {@code resource.k8s.io/v1}. */
        NOT_SERVED,
        READ
    }

    public DynamicResources {
        claims = Map.copyOf(claims);
        templates = Map.copyOf(templates);
        classes = Map.copyOf(classes);
        generated = Map.copyOf(generated);
        notOffered = Map.copyOf(notOffered);
    }

    private static final DynamicResources NOTHING = empty(State.UNKNOWN, Map.of(), Optional.empty());

    /** Returns resources that were not read. */
    public static DynamicResources unknown() {
        return NOTHING;
    }

    /** Returns resources of a VM without claims in its spec. */
    public static DynamicResources empty(State state, Map<String, Cause> notOffered, Optional<String> prepareFailure) {
        return new DynamicResources(
                state, Map.of(), Map.of(), Map.of(), SliceDevices.none(), Map.of(), notOffered, prepareFailure);
    }

    /** Returns the ResourceClaim of a claim in the pod; empty while a template's has not been created. */
    public Optional<ResourceClaim> claim(PodClaim claim) {
        return Given.of(
                switch (claim.kind()) {
                    case CLAIM -> claims.get(claim.object());
                    case TEMPLATE ->
                        generated.containsKey(claim.name()) ? claims.get(generated.get(claim.name())) : null;
                });
    }

    /** Returns what a claim in the pod requests; empty when the claim or its template does not exist. */
    public Optional<List<ClaimRequest>> requests(PodClaim claim) {
        return spec(claim).map(ClaimRequest::of);
    }

    /** Returns the attributes that the devices of a claim must agree in; none when it does not exist. */
    List<MatchConstraint> constraints(PodClaim claim) {
        return spec(claim).map(MatchConstraint::of).orElse(List.of());
    }

    private Optional<ResourceClaimSpec> spec(PodClaim claim) {
        return claim(claim)
                .map(ResourceClaim::getSpec)
                .or(() -> Given.of(templates.get(claim.object()), ResourceClaimTemplate::getSpec)
                        .filter(template -> claim.kind() == PodClaim.Kind.TEMPLATE)
                        .map(ResourceClaimTemplateSpec::getSpec));
    }

    /**
     * Returns whether a request can get only devices of Holdfast's own driver. This shows in its DeviceClasses, and so before
     * the claim is allocated: each is one that the operator keeps for a PassthroughDeviceClass.
     */
    public boolean isOwn(ClaimRequest request) {
        return !request.alternatives().isEmpty()
                && request.alternatives().stream()
                        .allMatch(alternative -> Given.of(classes.get(alternative.deviceClass()))
                                .map(DeviceSelection::of)
                                .filter(DeviceSelection.OfClass.class::isInstance)
                                .isPresent());
    }

    /** Returns the request that a device of the VM comes from; empty when it is unknown or ambiguous. */
    public Optional<ClaimRequest> request(PodClaim claim, DeviceSource.OfClaim device) {
        List<ClaimRequest> requests = Given.list(requests(claim));
        return device.request().isEmpty()
                ? requests.stream().findFirst().filter(only -> requests.size() == 1)
                : requests.stream()
                        .filter(request -> request.name().equals(device.request()))
                        .findFirst();
    }
}
