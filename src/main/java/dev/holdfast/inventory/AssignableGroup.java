package dev.holdfast.inventory;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The functions of one IOMMU group, as the guest gets them.
 *
 * @param pciAddresses every endpoint function of the group, the main one first
 * @param iommuGroup   the kernel's number, for humans; null when unknown
 * @param numaNode     null when the platform does not say
 */
public record AssignableGroup(
        List<String> pciAddresses,
        @Nullable Integer iommuGroup,
        @Nullable Integer numaNode) {
    public AssignableGroup {
        pciAddresses = List.copyOf(pciAddresses);
    }
}
