package dev.holdfast.agent.plugin;

import dev.holdfast.pci.GroupId;
import java.util.List;
import java.util.Map;

/**
 * Devices of Holdfast that pods hold, as the kubelet reports them.
 *
 * @param pods   pod that holds a group by a device plugin, by the ID of the group
 * @param claims devices of the DRA driver that are prepared for a pod
 */
public record ReportedDevices(Map<GroupId, String> pods, List<ClaimDevice> claims) {
    public ReportedDevices {
        pods = Map.copyOf(pods);
        claims = List.copyOf(claims);
    }

    /**
     * Device of a ResourceClaim.
     *
     * @param pod   {@code namespace/name} of the pod
     * @param claim {@code namespace/name} of the claim
     */
    public record ClaimDevice(String pod, String claim, String pool, String device) {}
}
