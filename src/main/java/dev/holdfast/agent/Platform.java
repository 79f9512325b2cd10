package dev.holdfast.agent;

import dev.holdfast.host.Sysfs;
import org.jspecify.annotations.Nullable;

/**
 * What the node as a whole can do.
 *
 * @param iommu            the kernel has made IOMMU groups
 * @param vfio             the driver vfio-pci is there
 * @param kvm              the kernel serves /dev/kvm
 * @param emulationAllowed whether VMs may run without it, in software
 */
public record Platform(boolean iommu, boolean vfio, boolean kvm, boolean emulationAllowed) {
    /** How to get the IOMMU on. */
    public static final String NO_IOMMU = "found no IOMMU group; turn the IOMMU on in the machine's firmware"
            + " (VT-d, AMD-Vi) and boot Intel machines with intel_iommu=on";

    /** How to get vfio-pci. */
    public static final String NO_VFIO =
            "found no driver vfio-pci; load it with modprobe vfio-pci, and have it loaded at boot (modules-load.d)";

    /** How to get KVM. */
    public static final String NO_KVM = "found no usable /dev/kvm; turn virtualization on in the machine's firmware"
            + " (VT-x, AMD-V) and load kvm_intel or kvm_amd";

    public static Platform of(Sysfs sysfs, boolean emulationAllowed) {
        return new Platform(sysfs.hasIommuGroups(), sysfs.hasVfio(), sysfs.hasKvm(), emulationAllowed);
    }

    /** Why nothing at all can be offered; null when nothing is in the way. */
    public @Nullable String obstacle() {
        return kvm || emulationAllowed
                ? null
                : NO_KVM + ", or start the agent with --allow-emulation; until then its devices are unhealthy";
    }
}
