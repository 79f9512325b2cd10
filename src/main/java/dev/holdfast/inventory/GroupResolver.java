package dev.holdfast.inventory;

import java.util.Optional;

/** Finds the IOMMU group of a device ID that the kubelet uses. */
@FunctionalInterface
public interface GroupResolver {
    /**
     * Returns the functions of an IOMMU group.
     *
     * @param groupId the device ID: the PCI address of the group's first display-class function, else its lowest
     * @return empty when no such group is on this node any more
     */
    Optional<AssignableGroup> functions(String groupId);
}
