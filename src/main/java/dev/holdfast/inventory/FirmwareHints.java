package dev.holdfast.inventory;

import dev.holdfast.host.pci.HostCapabilities.Processor;

/** How to turn on what is off: the words depend on whose processors a machine has. */
final class FirmwareHints {
    private FirmwareHints() {}

    /** The setting's name in the firmware's menus. */
    static String firmwareIommu(Processor processor) {
        return switch (processor) {
            case INTEL -> "VT-d";
            case AMD -> "AMD-Vi, often called IOMMU";
            case ARM -> "SMMU";
            case FOREIGN -> "the IOMMU";
            case OTHER -> "VT-d, AMD-Vi or SMMU";
        };
    }

    /** AMD's is on unless it is turned off, Arm's too; Intel's is off in many distributions' kernels. */
    static String kernelIommu(Processor processor) {
        return switch (processor) {
            case INTEL -> "put intel_iommu=on on the kernel command line, and no intel_iommu=off or iommu=off";
            case AMD -> "take amd_iommu=off and iommu=off off the kernel command line, which needs nothing else on AMD";
            case FOREIGN -> "use a kernel built for the IOMMU of the platform";
            case ARM -> "use a kernel built with CONFIG_ARM_SMMU_V3, which needs nothing on its command line";
            case OTHER ->
                "take iommu=off off the kernel command line, and on Intel processors alone put intel_iommu=on there";
        };
    }

    /** How interrupts come to be remapped where the hardware can. */
    static String remapping(Processor processor) {
        return switch (processor) {
            case INTEL ->
                "turn interrupt remapping on in the firmware's setup (often called x2APIC) and take intremap=off and"
                        + " nointremap off the kernel command line";
            case AMD ->
                "turn the IOMMU on in the firmware's setup and take intremap=off and nointremap off the kernel"
                        + " command line";
            case FOREIGN -> "see the documentation of the platform";
            case ARM -> "use a machine whose interrupt controller has a translation service (ITS)";
            case OTHER ->
                "turn interrupt remapping on in the firmware's setup and take intremap=off and nointremap off the"
                        + " kernel command line";
        };
    }

    static String firmwareVirtualization(Processor processor) {
        return switch (processor) {
            case INTEL -> "turn VT-x on in the machine's firmware and load kvm_intel";
            case AMD -> "turn SVM (AMD-V) on in the machine's firmware and load kvm_amd";
            case FOREIGN -> "load the module kvm";
            case ARM -> "have the firmware start the kernel at EL2";
            case OTHER ->
                "turn virtualization on in the machine's firmware (VT-x, AMD-V) and load kvm_intel or kvm_amd";
        };
    }
}
