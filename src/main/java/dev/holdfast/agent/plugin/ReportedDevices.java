package dev.holdfast.agent.plugin;

import dev.holdfast.api.Names;
import dev.holdfast.pci.GroupId;
import java.util.List;
import java.util.Map;

/**
 * Devices of Holdfast that pods hold, as the kubelet reports them.
 *
 * @param pods   pod that holds a group by a device plugin, by the ID of the group
 * @param claims devices of ResourceClaims that are prepared for a pod: those of Holdfast's driver, and all of pods that
 *               hold the grant resource
 */
public record ReportedDevices(Map<GroupId, String> pods, List<ClaimDevice> claims) {
    public ReportedDevices {
        pods = Map.copyOf(pods);
        claims = List.copyOf(claims);
    }

    /**
     * Device of a ResourceClaim.
     *
     * @param pod    {@code namespace/name} of the pod
     * @param claim  {@code namespace/name} of the claim
     * @param driver driver that has prepared it
     */
    public record ClaimDevice(String pod, String claim, String driver, String pool, String device) {
        /** Returns whether it is a device of Holdfast's driver. */
        public boolean own() {
            return driver.equals(Names.DRA_DRIVER);
        }
    }
}
