package dev.holdfast.plan.machine;

/** An IOMMU that the guest can use; with one the guest gets the main function of each device alone. */
public enum GuestIommu {
    NONE,
    INTEL,
    VIRTIO
}
