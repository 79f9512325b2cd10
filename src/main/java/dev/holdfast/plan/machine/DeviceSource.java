package dev.holdfast.plan.machine;

/** Source of a device that is passed through. */
public sealed interface DeviceSource {
    /** Any device of a device class, by its extended resource. */
    record OfClass(DeviceClassName name) implements DeviceSource {}

    /**
     * The device that a claim of the pod has allocated for a request.
     *
     * @param claim   name of the claim in the pod
     * @param request empty for the only request of the claim
     */
    record OfClaim(String claim, String request) implements DeviceSource {
        /** Returns the claim, and the request if it is named, such as {@code request nic of claim pair}. */
        public String words() {
            return request.isEmpty() ? "claim " + claim : "request %s of claim %s".formatted(request, claim);
        }
    }
}
