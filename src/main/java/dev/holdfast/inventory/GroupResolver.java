package dev.holdfast.inventory;

import java.util.Optional;

/** What a device ID of the kubelet stands for on this node. */
@FunctionalInterface
public interface GroupResolver {
    /**
     * The functions of an IOMMU group.
     *
     * @param groupId the device ID: the PCI address of the group's first display-class function, else its lowest
     * @return empty when no such group is on this node any more
     */
    Optional<AssignableGroup> functions(String groupId);
}
