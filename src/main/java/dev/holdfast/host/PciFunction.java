package dev.holdfast.host;

import org.jspecify.annotations.Nullable;

/**
 * One PCI function as sysfs tells it. Identifiers are lower-case hexadecimal digits without 0x.
 *
 * @param vendorID          four digits
 * @param deviceID          four digits
 * @param subsystemVendorID four digits, 0000 where the kernel does not tell
 * @param subsystemID       four digits, 0000 where the kernel does not tell
 * @param classCode         six digits: class, subclass, programming interface
 * @param bridge            whether its configuration header is a bridge's (type 1 or 2)
 * @param driver            null when none is bound
 * @param iommuGroup        null when no IOMMU stands before it
 * @param numaNode          null when the platform does not say
 */
public record PciFunction(
        PciAddress address,
        String vendorID,
        String deviceID,
        String subsystemVendorID,
        String subsystemID,
        String classCode,
        boolean bridge,
        @Nullable String driver,
        @Nullable Integer iommuGroup,
        @Nullable Integer numaNode) {

    /** Display controllers: VGA, 3D and other (base class 0x03). */
    public boolean display() {
        return classCode.startsWith("03");
    }

    /** Base class 0x06: host, ISA and PCI bridges. They belong to the chipset, no guest gets them. */
    public boolean chipset() {
        return classCode.startsWith("06");
    }
}
