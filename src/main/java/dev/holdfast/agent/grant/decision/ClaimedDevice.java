package dev.holdfast.agent.grant.decision;

import dev.holdfast.agent.dra.ClaimFacts;
import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.agent.grant.decision.Decision.Wait;
import dev.holdfast.agent.plugin.ReportedDevices.ClaimDevice;
import dev.holdfast.api.Names;
import dev.holdfast.api.vm.devices.HostDevice;
import dev.holdfast.inventory.AssignableGroup;
import dev.holdfast.pci.DeviceName;
import dev.holdfast.pci.GroupId;
import dev.holdfast.text.NamespacedName;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Finds the groups that ResourceClaims allocate to the devices of a VM. The claim's status says which device belongs to
 * which request; the kubelet, which reports a whole claim for each container that names it, says what was prepared.
 * An account that may write a claim's status is not trusted: both must agree. Pure.
 */
public sealed interface ClaimedDevice {
    record Found(GroupId group) implements ClaimedDevice {}

    /** @param group functions of a device of another driver */
    record Foreign(AssignableGroup group) implements ClaimedDevice {}

    record NotFound(Decision why) implements ClaimedDevice {}

    /**
     * Facts about the claims of a pod.
     *
     * @param namespace namespace of the pod
     * @param node      name of this node, and of its pool
     * @param claims    claims of the pod that exist, by name
     * @param prepared  devices of claims that the kubelet reports for the pod
     * @param foreign   facts about the devices of other drivers
     */
    record Facts(
            String namespace,
            String node,
            PodFacts pod,
            Map<String, ClaimFacts> claims,
            List<ClaimDevice> prepared,
            ForeignFacts foreign) {}

    /** Finds the group of a device by claim. */
    static ClaimedDevice of(HostDevice device, Facts facts) {
        String entry = Objects.requireNonNull(device.claimName());
        String claimName = facts.pod().claims().byName().get(entry);
        if (claimName == null) {
            return refuse(
                    RefusalCode.SPEC_CHANGED,
                    "device \"" + device.name() + "\" is allocated by claim " + entry + ", but the pod was created"
                            + " without it: the spec has changed since; delete the pod, and the operator creates a new"
                            + " one");
        }
        ClaimFacts claim = facts.claims().get(claimName);
        String claimText = "ResourceClaim " + NamespacedName.of(facts.namespace(), claimName);
        if (claim == null) {
            return refuse(
                    RefusalCode.CLAIM_NOT_USABLE,
                    claimText + " not found; delete the pod, and the operator" + " creates a new one");
        }
        return reserved(claim, claimText, facts)
                .<ClaimedDevice>map(NotFound::new)
                .orElseGet(() -> allocated(device, claim, claimName, facts));
    }

    /** Finds the groups that the scheduler allocated to an extended resource, as many as there are. */
    static List<ClaimedDevice> ofResource(String resource, Facts facts) {
        PodClaims.Extended extended = facts.pod().claims().extended();
        ClaimFacts claim = extended == null ? null : facts.claims().get(extended.name());
        if (extended == null || claim == null) {
            return List.of();
        }
        List<String> requests = extended.requests().getOrDefault(resource, List.of());
        Optional<Decision> objection =
                reserved(claim, "ResourceClaim " + NamespacedName.of(facts.namespace(), extended.name()), facts);
        return claim.results().stream()
                .filter(result -> requests.contains(result.mainRequest()))
                .map(result -> objection
                        .<ClaimedDevice>map(NotFound::new)
                        .or(() -> foreignResource(resource, result, extended.name(), facts))
                        .orElseGet(() -> prepared(result, extended.name(), facts)))
                .toList();
    }

    /** Another pod that may use the claim could have the device at the same time. */
    private static Optional<Decision> reserved(ClaimFacts claim, String claimText, Facts facts) {
        return claim.pods().equals(List.of(facts.pod().uid()))
                ? Optional.empty()
                : Optional.of(new Refuse(
                        RefusalCode.CLAIM_NOT_USABLE,
                        claimText + " is reserved for "
                                + (claim.pods().isEmpty()
                                        ? "no pod"
                                        : claim.pods().size() + " pods, or for another pod")
                                + "; must be reserved for this pod alone; use a resourceClaimTemplateName, which gives"
                                + " each pod a claim of its own"));
    }

    private static ClaimedDevice allocated(HostDevice device, ClaimFacts claim, String claimName, Facts facts) {
        String claimText = "ResourceClaim " + NamespacedName.of(facts.namespace(), claimName);
        String requested = device.requestName();
        TreeSet<String> requests = new TreeSet<>();
        claim.results().forEach(result -> requests.add(result.mainRequest()));
        if (requested == null && requests.size() > 1) {
            return refuse(
                    RefusalCode.CLAIM_NOT_USABLE,
                    claimText + " has devices of the requests " + String.join(", ", requests) + ", but device \""
                            + device.name() + "\" names none; set its requestName");
        }
        List<ClaimFacts.Result> results = claim.results().stream()
                .filter(result -> requested == null || result.mainRequest().equals(requested))
                .toList();
        if (results.size() != 1) {
            return refuse(
                    RefusalCode.CLAIM_NOT_USABLE,
                    claimText + " allocates " + results.size() + " devices"
                            + (requested == null ? "" : " to request " + requested) + " for \"" + device.name()
                            + "\"; must be exactly one; set count to 1 and allocationMode to ExactCount in the request");
        }
        return prepared(results.getFirst(), claimName, facts);
    }

    private static ClaimedDevice prepared(ClaimFacts.Result result, String claimName, Facts facts) {
        String claimText = "ResourceClaim " + NamespacedName.of(facts.namespace(), claimName);
        if (result.adminAccess()) {
            return refuse(
                    RefusalCode.CLAIM_NOT_USABLE,
                    claimText + " allocates device " + result.device()
                            + " with adminAccess, which only observes it; remove adminAccess from the request");
        }
        boolean own = result.driver().equals(Names.DRA_DRIVER);
        Optional<GroupId> group = own ? DeviceName.parse(result.device()) : Optional.empty();
        if (own && (group.isEmpty() || !result.pool().equals(facts.node()))) {
            return refuse(
                    RefusalCode.DEVICE_GONE,
                    claimText + " allocates device " + result.device() + " of pool " + result.pool()
                            + ", which is not on this node; delete the pod, so that it is scheduled again");
        }
        String fullName = NamespacedName.of(facts.namespace(), claimName);
        if (facts.prepared().stream()
                .noneMatch(held -> held.claim().equals(fullName)
                        && held.driver().equals(result.driver())
                        && held.pool().equals(result.pool())
                        && held.device().equals(result.device()))) {
            return new NotFound(new Wait("the kubelet has not reported device " + result.device() + " of " + claimText
                    + " for the pod so far"));
        }
        return group.<ClaimedDevice>map(Found::new)
                .orElseGet(() -> new ForeignDevice(claimText, result, facts).functions());
    }

    /** Refuses another driver's device for a class of Holdfast: a DeviceClass of another origin has the class's extended resource. */
    private static Optional<ClaimedDevice> foreignResource(
            String resource, ClaimFacts.Result result, String claimName, Facts facts) {
        return result.driver().equals(Names.DRA_DRIVER)
                ? Optional.empty()
                : Optional.of(refuse(
                        RefusalCode.CLAIM_NOT_USABLE,
                        "ResourceClaim " + NamespacedName.of(facts.namespace(), claimName)
                                + " allocates a device of driver " + result.driver() + " for " + resource
                                + "; must be of "
                                + Names.DRA_DRIVER + "; remove extendedResourceName " + resource
                                + " from the DeviceClass of that driver"));
    }

    private static ClaimedDevice refuse(RefusalCode reason, String message) {
        return new NotFound(new Refuse(reason, message));
    }
}
