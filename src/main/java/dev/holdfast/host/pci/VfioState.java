package dev.holdfast.host.pci;

/** State of a PCI function in VFIO, the kernel's interface for passing devices to user space. */
public enum VfioState {
    /** VFIO does not have it. */
    NONE,

    /** Registered, and its IOMMU group has a device node. */
    REGISTERED,

    /** On a VFIO driver, but its IOMMU group has no device node. */
    NO_NODE,

    /**
     * Registered in VFIO's no-IOMMU mode: the group is made by VFIO (drivers/vfio/group.c, vfio_noiommu_group_alloc),
     * nothing is isolated, and the kernel does not pass such a group to virtual machines.
     */
    NO_IOMMU
}
