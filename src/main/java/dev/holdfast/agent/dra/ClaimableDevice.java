package dev.holdfast.agent.dra;

import dev.holdfast.pci.DeviceName;
import dev.holdfast.pci.GroupId;
import org.jspecify.annotations.Nullable;

/**
 * IOMMU group that pods get by a ResourceClaim.
 *
 * @param groupId     ID of the group
 * @param deviceClass class that offers it
 * @param obstacle    message why it cannot be used now; null when it can
 */
public record ClaimableDevice(
        GroupId groupId, String deviceClass, @Nullable String obstacle) {
    /** Returns its name in slices and claims. */
    public String name() {
        return DeviceName.of(groupId);
    }
}
