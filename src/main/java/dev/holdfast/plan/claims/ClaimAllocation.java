package dev.holdfast.plan.claims;

import dev.holdfast.plan.machine.Given;
import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.resource.v1.AllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequestAllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimStatus;
import java.util.List;
import java.util.Optional;

/**
 * The allocation of a claim.
 *
 * @param node the only node where its devices can be used; empty when there are several
 */
record ClaimAllocation(List<DeviceRequestAllocationResult> results, Optional<String> node) {
    /** Field by which the scheduler names the node of devices that are local to one. */
    private static final String NODE_NAME = "metadata.name";

    ClaimAllocation {
        results = List.copyOf(results);
    }

    /** Returns the allocation of a claim; empty while it has none. */
    static Optional<ClaimAllocation> of(ResourceClaim claim) {
        return Given.of(claim.getStatus(), ResourceClaimStatus::getAllocation)
                .map(allocation -> new ClaimAllocation(
                        Given.list(Given.of(allocation.getDevices(), DeviceAllocationResult::getResults)),
                        node(allocation)));
    }

    private static Optional<String> node(AllocationResult allocation) {
        return Given.list(Given.of(allocation.getNodeSelector(), NodeSelector::getNodeSelectorTerms)).stream()
                .flatMap(term -> Given.list(term.getMatchFields()).stream())
                .filter(field -> NODE_NAME.equals(field.getKey()) && "In".equals(field.getOperator()))
                .map(NodeSelectorRequirement::getValues)
                .filter(values -> values.size() == 1)
                .map(List::getFirst)
                .findFirst();
    }

    /** Returns the devices for a request, by its main name. */
    List<DeviceRequestAllocationResult> results(String request) {
        return results.stream()
                .filter(result -> mainName(result.getRequest()).equals(request))
                .toList();
    }

    /** Returns the name of a request without that of its subrequest: {@code gpu/large} becomes {@code gpu}. */
    private static String mainName(String request) {
        int slash = request.indexOf('/');
        return slash < 0 ? request : request.substring(0, slash);
    }
}
