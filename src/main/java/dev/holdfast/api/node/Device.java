package dev.holdfast.api.node;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One PCI function.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Device(
        @JsonPropertyDescription("PCI address: domain:bus:device.function.") @Required
        String pciAddress,

        @JsonPropertyDescription("Four hexadecimal digits.") @Required
        String vendorID,

        @JsonPropertyDescription("Four hexadecimal digits.") @Required
        String deviceID,

        @JsonPropertyDescription("Four hexadecimal digits; absent if the kernel does not report it.") @Nullable
        String subsystemVendorID,

        @JsonPropertyDescription("Four hexadecimal digits; absent if the kernel does not report it.") @Nullable
        String subsystemID,

        @JsonPropertyDescription("Six hexadecimal digits: class, subclass, programming interface.") @Required
        String classCode,

        @JsonPropertyDescription("Vendor and model from the node's pci.ids; absent if unknown there.") @Nullable
        String description,

        @JsonPropertyDescription("Kernel driver that is bound; absent if there is none.") @Nullable
        String driver,

        @JsonPropertyDescription("Number of the IOMMU group in the kernel; may change with a reboot.") @Nullable
        Integer iommuGroup,

        @JsonPropertyDescription(
                "Endpoint functions of the group, including this one. For a group of more than sixteen functions,"
                        + " only on the device that identifies it.")
        @Nullable
        List<String> groupMembers,

        @JsonPropertyDescription("PCI address that identifies the group; its device ID at the kubelet.") @Nullable
        String groupID,

        @JsonPropertyDescription("Whether the group can be passed through as it is now.")
        boolean viable,

        @JsonPropertyDescription(
                "First eight functions of the group on a driver other than VFIO. For a group of more than sixteen"
                        + " functions, only on the device that identifies it.")
        @Nullable
        List<Blocker> blockers,

        @JsonPropertyDescription("Why the group cannot be given to a VM, or that another driver offers it,"
                + " too, and what to do; absent otherwise.")
        @Nullable
        String message,

        @JsonPropertyDescription("NUMA node; absent if the platform does not report it.") @Nullable
        Integer numaNode,

        @JsonPropertyDescription("PCI host bridge above it, for example pci0000:00; Kubernetes' attribute"
                + " resource.kubernetes.io/pcieRoot.")
        @Nullable
        String pcieRoot,

        @JsonPropertyDescription("Base address registers; absent if there are none.") @Nullable
        List<DeviceBar> bars,

        @JsonPropertyDescription(
                "Reset methods of the kernel in the order of use: flr, pm, bus and others. Absent if there are none,"
                        + " and on kernels before 5.15.")
        @Nullable
        List<String> resetMethods,

        @JsonPropertyDescription("True for the display that the firmware uses; absent for others.") @Nullable
        Boolean bootVGA,

        @JsonPropertyDescription("PCI address of the physical function; absent unless this is a virtual function.")
        @Nullable
        String physicalFunction,

        @JsonPropertyDescription(
                "Number of enabled virtual functions; absent if it cannot have any. vfio-pci accepts the device only"
                        + " without them.")
        @Nullable
        Integer virtualFunctions,

        @JsonPropertyDescription("Maximum number of virtual functions; absent if it cannot have any.") @Nullable
        Integer maxVirtualFunctions,

        @JsonPropertyDescription("Device class that offers the group; absent if none does.") @Nullable
        String deviceClass,

        @JsonPropertyDescription("Free, Allocated, NotViable, Missing or Quarantined.") @Required
        DeviceState state,

        @JsonPropertyDescription("Result of binding it; absent if the agent has never tried.") @Nullable
        DriverBinding binding) {

    /** Returns the same device in another state. */
    public Device in(DeviceState other) {
        return new Device(
                pciAddress,
                vendorID,
                deviceID,
                subsystemVendorID,
                subsystemID,
                classCode,
                description,
                driver,
                iommuGroup,
                groupMembers,
                groupID,
                viable,
                blockers,
                message,
                numaNode,
                pcieRoot,
                bars,
                resetMethods,
                bootVGA,
                physicalFunction,
                virtualFunctions,
                maxVirtualFunctions,
                deviceClass,
                other,
                binding);
    }
}
