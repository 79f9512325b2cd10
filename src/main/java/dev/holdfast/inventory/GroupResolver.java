package dev.holdfast.inventory;

import dev.holdfast.pci.GroupId;
import java.util.Optional;

/** Finds IOMMU groups by their IDs. */
@FunctionalInterface
public interface GroupResolver {
    /**
     * Returns the functions of an IOMMU group.
     *
     * @return empty when no such group is on this node any more
     */
    Optional<AssignableGroup> functions(GroupId groupId);
}
