package dev.holdfast.host.pci;

import java.util.List;
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
 * @param vfio              how VFIO has it
 * @param vgpuType          number of the vGPU type that is set on a virtual function of NVIDIA's, 0 for none; null on all
 *                          other functions
 * @param iommuGroup        null when no IOMMU stands before it
 * @param numaNode          null when the platform does not say
 * @param pcieRoot          the host bridge it hangs on, pci0000:00 for instance; null in a copy of sysfs without links
 * @param upstream          the bridges above it, the one nearest to the host bridge first
 * @param bars              by index; empty when it has none or does not tell
 * @param resetMethods      how the kernel can reset it, in the order in which it tries; empty for none, and before
 *                          Linux 5.15
 * @param bootVga           whether the firmware shows the boot on it
 * @param sriov             null when it takes no part in it
 * @param description       maker and model by pci.ids; null when that does not tell
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
    /** "Other bridge": among others the switches between GPUs (NVSwitch), endpoints that guests do get. */
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

    /** Display controllers: VGA, 3D and other (base class 0x03). */
    public boolean display() {
        return classCode.startsWith("03");
    }

    /** Processing accelerators (base class 0x12) and co-processors (0x0b40). */
    public boolean accelerator() {
        return classCode.startsWith("12") || classCode.startsWith("0b40");
    }

    /**
     * Host, ISA and PCI bridges (base class 0x06): they belong to the machine, no guest gets them. An endpoint that calls
     * itself "other bridge" is none of them.
     */
    public boolean chipset() {
        return bridge || classCode.startsWith("06") && !classCode.startsWith(OTHER_BRIDGE);
    }

    /** Returns whether it is a switch between NVIDIA's GPUs (NVSwitch). */
    public boolean gpuSwitch() {
        return !bridge && vendorID.equals(NVIDIA) && classCode.startsWith(OTHER_BRIDGE);
    }

    /** Returns whether VFIO has it, in whatever way: the host's own drivers then have nothing to do with it. */
    public boolean onVfio() {
        return vfio != VfioState.NONE;
    }

    /** Returns whether a virtual machine can open it. */
    public boolean opensForVm() {
        return vfio == VfioState.REGISTERED && !vgpuTypeMissing();
    }

    /**
     * Returns whether it is a part of a GPU that its vendor's driver cuts to size, and hands to VFIO itself (NVIDIA, since
     * Linux 6.8).
     */
    public boolean vgpu() {
        return vgpuType != null || sriov instanceof Sriov.Virtual && "nvidia".equals(driver);
    }

    /** Returns whether it is a vGPU that has no size yet: there is nothing to open. */
    public boolean vgpuTypeMissing() {
        return vgpuType != null && vgpuType == 0;
    }

    /**
     * Returns whether its driver is the one by which VFIO has it, or can have it, and is not vfio-pci: taking it away would
     * take from the device what only that driver knows.
     */
    public boolean needsItsDriver() {
        return VfioDrivers.isVariant(driver)
                || driver != null && (vgpu() || onVfio() && !VfioDrivers.GENERIC.equals(driver));
    }

    /** How many virtual functions are enabled on it. */
    public int virtualFunctions() {
        return sriov instanceof Sriov.Physical physical ? physical.virtualFunctions() : 0;
    }
}
