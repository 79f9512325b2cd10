package dev.holdfast.plan.machine;

/** An IOMMU for the guest; with one, the guest gets only the main function of each device. */
public enum GuestIommu {
    NONE,
    INTEL,
    VIRTIO
}
