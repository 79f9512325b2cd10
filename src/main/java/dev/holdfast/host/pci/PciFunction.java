package dev.holdfast.host.pci;

import dev.holdfast.pci.PciAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A PCI function as shown by sysfs. Identifiers are lower-case hexadecimal digits without 0x.
 *
 * @param vendorID          four digits
 * @param deviceID          four digits
 * @param subsystemVendorID four digits, 0000 when unknown
 * @param subsystemID       four digits, 0000 when unknown
 * @param classCode         six digits: class, subclass, programming interface
 * @param bridge            whether its configuration header is that of a bridge (type 1 or 2)
 * @param driver            null when none is bound
 * @param vfio              its state in VFIO
 * @param vgpuType          number of the vGPU type that is set on a virtual function of an NVIDIA GPU, 0 for none; null on
 *                          all other functions
 * @param iommuGroup        null when it is behind no IOMMU
 * @param numaNode          null when unknown
 * @param pcieRoot          its host bridge, such as pci0000:00; null in a copy of sysfs without links
 * @param upstream          the bridges above it, starting with the one nearest to the host bridge
 * @param bars              by index; empty when it has none or when unknown
 * @param resetMethods      reset methods of the kernel, in the order in which it tries them; empty for none, and before
 *                          Linux 5.15
 * @param bootVga           whether it is the boot display of the firmware
 * @param sriov             null when it has no part in SR-IOV
 * @param description       vendor and model by pci.ids; null when unknown
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
        VfioState vfio,
        @Nullable Integer vgpuType,
        @Nullable Integer iommuGroup,
        @Nullable Integer numaNode,
        @Nullable String pcieRoot,
        List<PciAddress> upstream,
        List<Bar> bars,
        List<String> resetMethods,
        boolean bootVga,
        @Nullable Sriov sriov,
        @Nullable String description) {
    /** "Other bridge": includes the switches between GPUs (NVSwitch), which are endpoints that can be passed through. */
    private static final String OTHER_BRIDGE = "0680";

    private static final String NVIDIA = "10de";

    public PciFunction {
        upstream = List.copyOf(upstream);
        bars = List.copyOf(bars);
        resetMethods = List.copyOf(resetMethods);
    }

    PciFunction withDescription(@Nullable String text) {
        return new PciFunction(
                address,
                vendorID,
                deviceID,
                subsystemVendorID,
                subsystemID,
                classCode,
                bridge,
                driver,
                vfio,
                vgpuType,
                iommuGroup,
                numaNode,
                pcieRoot,
                upstream,
                bars,
                resetMethods,
                bootVga,
                sriov,
                text);
    }

    /** Returns whether it is a display controller: VGA, 3D and other (base class 0x03). */
    public boolean display() {
        return classCode.startsWith("03");
    }

    /** Returns whether it is a processing accelerator (base class 0x12) or a co-processor (0x0b40). */
    public boolean accelerator() {
        return classCode.startsWith("12") || classCode.startsWith("0b40");
    }

    /**
     * Returns whether it is a host, ISA or PCI bridge (base class 0x06), which is a part of the host and never passed
     * through. An endpoint of the class "other bridge" is not one of them.
     */
    public boolean chipset() {
        return bridge || classCode.startsWith("06") && !classCode.startsWith(OTHER_BRIDGE);
    }

    /** Returns whether it is a switch between NVIDIA GPUs (NVSwitch). */
    public boolean gpuSwitch() {
        return !bridge && vendorID.equals(NVIDIA) && classCode.startsWith(OTHER_BRIDGE);
    }

    /** Returns whether VFIO has it, in any state; no native driver of the host uses it then. */
    public boolean onVfio() {
        return vfio != VfioState.NONE;
    }

    /** Returns whether a virtual machine can open it. */
    public boolean opensForVm() {
        return vfio == VfioState.REGISTERED && !vgpuTypeMissing();
    }

    /**
     * Returns whether it is a vGPU: a part of a GPU, made and registered with VFIO by the vendor's driver (NVIDIA, since
     * Linux 6.8).
     */
    public boolean vgpu() {
        return vgpuType != null || sriov instanceof Sriov.Virtual && "nvidia".equals(driver);
    }

    /** Returns whether it is a vGPU without a type, which cannot be opened yet. */
    public boolean vgpuTypeMissing() {
        return vgpuType != null && vgpuType == 0;
    }

    /**
     * Returns whether it needs its present driver for VFIO, and that driver is not vfio-pci: with another driver the device
     * would lose functions.
     */
    public boolean needsItsDriver() {
        return VfioDrivers.isVariant(driver)
                || driver != null && (vgpu() || onVfio() && !VfioDrivers.GENERIC.equals(driver));
    }

    /** Returns the number of virtual functions that are enabled on it. */
    public int virtualFunctions() {
        return sriov instanceof Sriov.Physical physical ? physical.virtualFunctions() : 0;
    }
}
