package dev.holdfast.agent.grant;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.apiserver.ApiJson;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.api.PassthroughVMSpec.Devices;
import dev.holdfast.api.PassthroughVMStatus.Memlock;
import org.jspecify.annotations.Nullable;

/**
 * What of a VM decides a grant.
 *
 * @param deleted whether it is being deleted
 * @param devices as its spec is now; null when that has none
 * @param podName the pod that its status names; null for none
 * @param podUid  the pod that its plan is bound to; null for none
 * @param memlock the plan; null for none
 */
record VmFacts(
        String uid,
        boolean deleted,
        @Nullable Devices devices,
        @Nullable String podName,
        @Nullable String podUid,
        @Nullable Memlock memlock) {

    /** Of a VM as the API server tells it. */
    static VmFacts of(JsonNode vm) throws ApiServerException {
        JsonNode metadata = vm.path("metadata");
        JsonNode status = vm.path("status");
        return new VmFacts(
                metadata.path("uid").asText(),
                metadata.hasNonNull("deletionTimestamp"),
                part(Devices.class, vm.path("spec").path("devices")),
                status.path("podName").asText(null),
                status.path("podUID").asText(null),
                part(Memlock.class, status.path("memlock")));
    }

    private static <T> @Nullable T part(Class<T> type, JsonNode node) throws ApiServerException {
        return node.isObject() ? ApiJson.read(type, node) : null;
    }
}
