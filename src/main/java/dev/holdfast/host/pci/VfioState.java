package dev.holdfast.host.pci;

/** How VFIO, the kernel's way of handing devices to user space, has a PCI function. */
public enum VfioState {
    /** Not at all. */
    NONE,

    /** Registered, and its IOMMU group has a device node. */
    REGISTERED,

    /** On a driver of VFIO, but its IOMMU group has no device node. */
    NO_NODE,

    /**
     * Registered in VFIO's no-IOMMU mode: the group is made up (drivers/vfio/group.c, vfio_noiommu_group_alloc), nothing
     * is isolated, and the kernel gives such a group to no virtual machine.
     */
    NO_IOMMU
}
