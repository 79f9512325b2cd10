package dev.holdfast.inventory;

import dev.holdfast.pci.PciAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The functions of one IOMMU group that a guest gets.
 *
 * @param functions    functions of the group that a guest gets, the main one first
 * @param iommuGroup   number of the group in the kernel, for display; null if unknown
 * @param numaNode     null if the platform does not report it
 */
public record AssignableGroup(
        List<PciAddress> functions,
        @Nullable Integer iommuGroup,
        @Nullable Integer numaNode) {
    public AssignableGroup {
        functions = List.copyOf(functions);
    }
}
