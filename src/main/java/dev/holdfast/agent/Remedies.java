package dev.holdfast.agent;

import dev.holdfast.host.Machine.Processor;

/** How to turn on what is off: the words depend on whose processors a machine has. */
final class Remedies {
    private Remedies() {}

    /** The setting's name in the firmware's menus. */
    static String firmwareIommu(Processor processor) {
        return switch (processor) {
            case INTEL -> "VT-d";
            case AMD -> "AMD-Vi, often called IOMMU";
            case OTHER -> "VT-d, AMD-Vi or SMMU";
        };
    }

    /** AMD's is on unless it is turned off; Intel's is off in many distributions' kernels. */
    static String kernelIommu(Processor processor) {
        return switch (processor) {
            case INTEL -> "put intel_iommu=on on the kernel command line, and no intel_iommu=off or iommu=off";
            case AMD -> "take amd_iommu=off and iommu=off off the kernel command line, which needs nothing else on AMD";
            case OTHER ->
                "put intel_iommu=on on the kernel command line of an Intel machine, and take iommu=off off any";
        };
    }

    static String firmwareVirtualization(Processor processor) {
        return switch (processor) {
            case INTEL -> "turn VT-x on in the machine's firmware and load kvm_intel";
            case AMD -> "turn SVM (AMD-V) on in the machine's firmware and load kvm_amd";
            case OTHER ->
                "turn virtualization on in the machine's firmware (VT-x, AMD-V) and load kvm_intel or kvm_amd";
        };
    }
}
