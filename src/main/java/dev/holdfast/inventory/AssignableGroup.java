package dev.holdfast.inventory;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The functions of one IOMMU group that a guest gets.
 *
 * @param pciAddresses every endpoint function of the group, the main one first
 * @param iommuGroup   number of the group in the kernel, for display; null if unknown
 * @param numaNode     null if the platform does not report it
 */
public record AssignableGroup(
        List<String> pciAddresses,
        @Nullable Integer iommuGroup,
        @Nullable Integer numaNode) {
    public AssignableGroup {
        pciAddresses = List.copyOf(pciAddresses);
    }
}
