package dev.holdfast.agent.dra;

import dev.holdfast.pci.GroupId;
import dev.holdfast.text.NamespacedName;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * ResourceClaim whose devices are ready for the pod that uses it.
 *
 * @param podClaimName name of the claim in its pod, for one made from a template; null for others
 */
record PreparedClaim(
        String uid, String namespace, String name, @Nullable String podClaimName, List<Device> devices) {
    PreparedClaim {
        devices = List.copyOf(devices);
    }

    /**
     * Device of a claim.
     *
     * @param device    its name in the slices
     * @param request   request of the claim that it was allocated for
     * @param exclusive what the pod gets; null for adminAccess, which gets nothing of the device
     */
    record Device(String device, String request, @Nullable Exclusive exclusive) {}

    /**
     * Group that a claim has alone.
     *
     * @param group       ID of the group
     * @param deviceClass class that offered it
     * @param iommuGroup  number of the group in the kernel
     * @param cdiDevice   name of its CDI device, without the kind
     */
    record Exclusive(GroupId group, String deviceClass, int iommuGroup, String cdiDevice) {}

    /** Returns {@code namespace/name}. */
    String fullName() {
        return NamespacedName.of(namespace, name);
    }

    /** Returns the groups that the claim has alone. */
    List<Exclusive> groups() {
        return devices.stream().map(Device::exclusive).filter(Objects::nonNull).toList();
    }

    List<GroupId> groupIds() {
        return groups().stream().map(Exclusive::group).toList();
    }
}
