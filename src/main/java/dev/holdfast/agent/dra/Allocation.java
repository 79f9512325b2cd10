package dev.holdfast.agent.dra;

import dev.holdfast.agent.plugin.ReportedDevices;
import dev.holdfast.api.Names;
import dev.holdfast.api.node.Grant;
import dev.holdfast.inventory.AssignableGroup;
import dev.holdfast.inventory.GroupResolver;
import dev.holdfast.text.NamespacedName;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Devices that the scheduler allocated to a ResourceClaim, checked against this node. The scheduler decides by slices
 * that may be old, and an account that may write a claim's status can name any device, so nothing is taken for granted.
 *
 * @param node    name of this node, and of its pool
 * @param devices returns a device that claims get on this node, from its name; null for none
 * @param groups  finds the functions of a group that can be used now
 * @param kubelet devices that pods hold, as the kubelet reports them
 * @param grants  grants of running VMs
 */
record Allocation(
        String node,
        Function<String, @Nullable ClaimableDevice> devices,
        GroupResolver groups,
        ReportedDevices kubelet,
        List<Grant> grants) {
    private static final int SECRET_BYTES = 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Result of a check. */
    sealed interface Checked {
        record Usable(PreparedClaim claim) implements Checked {}

        record Refused(String message) implements Checked {}
    }

    /** Result of the check of one device. */
    private sealed interface Device {
        record Usable(PreparedClaim.Device device) implements Device {}

        record Refused(String message) implements Device {}
    }

    /**
     * Checks a claim.
     *
     * @param uid   UID that the kubelet names
     * @param facts the claim of the API server; null when there is none
     */
    Checked check(String namespace, String name, String uid, @Nullable ClaimFacts facts) {
        String claim = "ResourceClaim " + NamespacedName.of(namespace, name);
        if (facts == null) {
            return new Checked.Refused(claim + " not found; delete the pod that waits for it");
        }
        if (!facts.uid().equals(uid)) {
            return new Checked.Refused(claim + " has the UID " + facts.uid() + "; the pod waits for a former claim of"
                    + " that name with the UID " + uid + "; delete the pod");
        }
        List<ClaimFacts.Result> ours = facts.results().stream()
                .filter(result -> result.driver().equals(Names.DRA_DRIVER))
                .toList();
        if (ours.isEmpty()) {
            return new Checked.Refused(
                    claim + (facts.allocated() ? " has no device of " : " is not allocated; no device of ")
                            + Names.DRA_DRIVER + " is allocated to it; delete the pod, so that it is scheduled again");
        }
        List<PreparedClaim.Device> prepared = new ArrayList<>();
        for (ClaimFacts.Result result : ours) {
            switch (device(result, NamespacedName.of(namespace, name), facts, prepared)) {
                case Device.Refused refused -> {
                    return new Checked.Refused(refused.message());
                }
                case Device.Usable usable -> prepared.add(usable.device());
            }
        }
        return new Checked.Usable(new PreparedClaim(uid, namespace, name, facts.podClaimName(), prepared));
    }

    private Device device(ClaimFacts.Result result, String claim, ClaimFacts facts, List<PreparedClaim.Device> before) {
        if (!result.pool().equals(node)) {
            return new Device.Refused("device " + result.device() + " is in pool " + result.pool()
                    + "; must be in pool " + node + " of this node; delete the pod, so that it is scheduled again");
        }
        if (result.adminAccess()) {
            return new Device.Usable(new PreparedClaim.Device(result.device(), result.mainRequest(), null));
        }
        ClaimableDevice device = devices.apply(result.device());
        if (device == null) {
            return new Device.Refused(node + " has no device " + result.device()
                    + " for claims, or no longer; delete the pod, so that it is scheduled again");
        }
        Optional<String> obstacle = Optional.ofNullable(device.obstacle())
                .or(() -> twice(device, before))
                .or(() -> heldByPod(device))
                .or(() -> heldByClaim(device, claim));
        if (obstacle.isPresent()) {
            return new Device.Refused(obstacle.get());
        }
        AssignableGroup group = groups.functions(device.groupId()).orElse(null);
        Integer iommuGroup = group == null ? null : group.iommuGroup();
        if (group == null || iommuGroup == null) {
            return new Device.Refused(
                    "device " + result.device() + " cannot be used now: it has vanished, is blocked or"
                            + " is not responding; see the node's PassthroughNode");
        }
        return granted(group, facts)
                .<Device>map(Device.Refused::new)
                .orElseGet(() -> new Device.Usable(new PreparedClaim.Device(
                        result.device(),
                        result.mainRequest(),
                        new PreparedClaim.Exclusive(
                                device.groupId(),
                                device.deviceClass(),
                                iommuGroup,
                                cdiDevice(facts.uid(), result.device())))));
    }

    private static Optional<String> twice(ClaimableDevice device, List<PreparedClaim.Device> before) {
        return before.stream()
                        .anyMatch(other ->
                                other.exclusive() != null && other.device().equals(device.name()))
                ? Optional.of(device.groupId() + " is allocated to two requests of the claim; a device serves one;"
                        + " delete the pod, so that it is scheduled again")
                : Optional.empty();
    }

    private Optional<String> heldByPod(ClaimableDevice device) {
        return Optional.ofNullable(kubelet.pods().get(device.groupId()))
                .map(pod -> device.groupId() + " is held by pod " + pod + " through the device plugin; a device serves"
                        + " one pod at a time, and is prepared once that pod has ended");
    }

    private Optional<String> heldByClaim(ClaimableDevice device, String claim) {
        return kubelet.claims().stream()
                .filter(held ->
                        held.own() && held.pool().equals(node) && held.device().equals(device.name()))
                .filter(held -> !held.claim().equals(claim))
                .map(held -> device.groupId() + " is held by pod " + held.pod() + " through ResourceClaim "
                        + held.claim() + "; a device serves one claim at a time, and is prepared once that pod has"
                        + " ended")
                .findFirst();
    }

    /** Returns the message about a running VM that has a function of the group, unless its pod may use the claim. */
    private Optional<String> granted(AssignableGroup group, ClaimFacts facts) {
        return grants.stream()
                .filter(grant -> !facts.pods().contains(grant.podUID()))
                .flatMap(grant -> grant.devices().stream()
                        .flatMap(device -> device.pciAddresses().stream())
                        .filter(address -> group.functions().stream()
                                .anyMatch(function -> function.toString().equals(address)))
                        .map(address -> address + " belongs to the running VM "
                                + NamespacedName.of(
                                        grant.vm().namespace(), grant.vm().name())
                                + "; a device serves one VM at a time, and is prepared once that VM has ended"))
                .findFirst();
    }

    /**
     * Returns a new name: never used for another claim, and known only to whom the kubelet gives it. A runtime may get
     * names of CDI devices from other sources than the kubelet, and UIDs of claims are no secret.
     */
    private static String cdiDevice(String uid, String device) {
        byte[] secret = new byte[SECRET_BYTES];
        RANDOM.nextBytes(secret);
        return uid + "-" + device + "-" + HexFormat.of().formatHex(secret);
    }
}
