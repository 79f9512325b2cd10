package dev.holdfast.inventory;

import dev.holdfast.host.pci.HostCapabilities.Processor;

/** Remedies for settings of firmware and kernel, which depend on the vendor of the processors. */
final class FirmwareHints {
    private FirmwareHints() {}

    /** Returns the name of the setting in firmware menus. */
    static String firmwareIommu(Processor processor) {
        return switch (processor) {
            case INTEL -> "VT-d";
            case AMD -> "AMD-Vi, often called IOMMU";
            case ARM -> "SMMU";
            case FOREIGN -> "the IOMMU";
            case OTHER -> "VT-d, AMD-Vi or SMMU";
        };
    }

    /**
     * Returns how to enable the IOMMU in the kernel. AMD's and Arm's are on unless disabled; Intel's is off in the kernels
     * of many distributions.
     */
    static String kernelIommu(Processor processor) {
        return switch (processor) {
            case INTEL -> "add intel_iommu=on to the kernel command line, without intel_iommu=off or iommu=off";
            case AMD ->
                "remove amd_iommu=off and iommu=off from the kernel command line, where AMD requires nothing else";
            case FOREIGN -> "use a kernel built for the IOMMU of the platform";
            case ARM -> "use a kernel built with CONFIG_ARM_SMMU_V3, which requires nothing on its command line";
            case OTHER ->
                "remove iommu=off from the kernel command line, and on Intel processors only, add intel_iommu=on";
        };
    }

    /** Returns how to enable interrupt remapping on hardware that supports it. */
    static String remapping(Processor processor) {
        return switch (processor) {
            case INTEL ->
                "enable interrupt remapping in the firmware setup (often called x2APIC) and remove intremap=off and"
                        + " nointremap from the kernel command line";
            case AMD ->
                "enable the IOMMU in the firmware setup and remove intremap=off and nointremap from the kernel"
                        + " command line";
            case FOREIGN -> "see the documentation of the platform";
            case ARM -> "use a machine whose interrupt controller has a translation service (ITS)";
            case OTHER ->
                "enable interrupt remapping in the firmware setup and remove intremap=off and nointremap from the"
                        + " kernel command line";
        };
    }

    static String firmwareVirtualization(Processor processor) {
        return switch (processor) {
            case INTEL -> "enable VT-x in the firmware setup and load kvm_intel";
            case AMD -> "enable SVM (AMD-V) in the firmware setup and load kvm_amd";
            case FOREIGN -> "load the module kvm";
            case ARM -> "configure the firmware to start the kernel at EL2";
            case OTHER -> "enable virtualization (VT-x, AMD-V) in the firmware setup and load kvm_intel or kvm_amd";
        };
    }
}
