package dev.holdfast.plan.claims;

import dev.holdfast.plan.machine.Given;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequest;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceSubRequest;
import io.fabric8.kubernetes.api.model.resource.v1.ExactDeviceRequest;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimSpec;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A request of a claim.
 *
 * @param alternatives one, or those of {@code firstAvailable} in their order
 */
public record ClaimRequest(String name, List<Alternative> alternatives) {
    private static final String EXACT_COUNT = "ExactCount";

    public ClaimRequest {
        alternatives = List.copyOf(alternatives);
    }

    /**
     * Devices that satisfy a request.
     *
     * @param field path of the alternative in the request
     * @param mode  ExactCount or All
     */
    public record Alternative(String field, String deviceClass, String mode, long count, boolean adminAccess) {
        /** Returns why a device of a VM cannot come from this alternative; empty when it can. */
        Optional<String> fault() {
            if (adminAccess) {
                return Optional.of(field + ".adminAccess is true, must be false, because a VM uses its device alone;"
                        + " remove adminAccess");
            }
            if (!mode.equals(EXACT_COUNT)) {
                return Optional.of(
                        "%s.allocationMode is %s, must be ExactCount, because each device of a VM is one device of a claim; request each device separately"
                                .formatted(field, mode));
            }
            return count == 1
                    ? Optional.empty()
                    : Optional.of(
                            "%s.count is %d, must be 1, because each device of a VM is one device of a claim; request each device separately"
                                    .formatted(field, count));
        }
    }

    /** Returns the requests of a claim. */
    public static List<ClaimRequest> of(@Nullable ResourceClaimSpec spec) {
        return Given.list(Given.of(spec, ResourceClaimSpec::getDevices, DeviceClaim::getRequests)).stream()
                .map(ClaimRequest::of)
                .toList();
    }

    private static ClaimRequest of(DeviceRequest request) {
        return new ClaimRequest(
                request.getName(),
                Stream.concat(
                                Given.of(request.getExactly()).map(ClaimRequest::of).stream(),
                                Given.list(request.getFirstAvailable()).stream().map(ClaimRequest::of))
                        .toList());
    }

    private static Alternative of(ExactDeviceRequest exactly) {
        return new Alternative(
                "exactly",
                Given.of(exactly.getDeviceClassName()).orElse(""),
                Given.of(exactly.getAllocationMode()).orElse(EXACT_COUNT),
                Given.of(exactly.getCount()).orElse(1L),
                Given.isTrue(Given.of(exactly.getAdminAccess())));
    }

    private static Alternative of(DeviceSubRequest one) {
        return new Alternative(
                "firstAvailable[%s]".formatted(one.getName()),
                Given.of(one.getDeviceClassName()).orElse(""),
                Given.of(one.getAllocationMode()).orElse(EXACT_COUNT),
                Given.of(one.getCount()).orElse(1L),
                false);
    }
}
