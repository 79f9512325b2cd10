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
        @JsonPropertyDescription("domain:bus:device.function.") @Required
        String pciAddress,

        @JsonPropertyDescription("Four hexadecimal digits.") @Required
        String vendorID,

        @JsonPropertyDescription("Four hexadecimal digits.") @Required
        String deviceID,

        @JsonPropertyDescription("Four hexadecimal digits; absent when the kernel does not tell.") @Nullable
        String subsystemVendorID,

        @JsonPropertyDescription("Four hexadecimal digits; absent when the kernel does not tell.") @Nullable
        String subsystemID,

        @JsonPropertyDescription("Six hexadecimal digits: class, subclass, programming interface.") @Required
        String classCode,

        @JsonPropertyDescription("Maker and model by the node's pci.ids; absent when that does not tell.") @Nullable
        String description,

        @JsonPropertyDescription("The kernel driver that is bound; absent for none.") @Nullable
        String driver,

        @JsonPropertyDescription("The kernel's number of the group; may change with a reboot.") @Nullable
        Integer iommuGroup,

        @JsonPropertyDescription(
                "Every endpoint function of the group, this one included. Of a group of more than sixteen, only on the"
                        + " device that stands for it.")
        @Nullable
        List<String> groupMembers,

        @JsonPropertyDescription("The address that stands for the group: its device ID at the kubelet.") @Nullable
        String groupID,

        @JsonPropertyDescription("Whether the group can be passed through as it is.")
        boolean viable,

        @JsonPropertyDescription(
                "Members of the group on a foreign driver; the first eight. Of a group of more than sixteen, only on"
                        + " the device that stands for it.")
        @Nullable
        List<Blocker> blockers,

        @JsonPropertyDescription("What to do, when the group cannot be given to a VM.") @Nullable
        String message,

        @JsonPropertyDescription("Absent when the platform does not say.") @Nullable
        Integer numaNode,

        @JsonPropertyDescription("The host bridge that it hangs on, pci0000:00 for instance: what Kubernetes calls"
                + " resource.kubernetes.io/pcieRoot.")
        @Nullable
        String pcieRoot,

        @JsonPropertyDescription("Its base address registers; absent for none.") @Nullable
        List<DeviceBar> bars,

        @JsonPropertyDescription(
                "How the kernel can reset it, in the order in which it tries: flr, pm, bus and others. Absent for none,"
                        + " and with kernels before 5.15.")
        @Nullable
        List<String> resetMethods,

        @JsonPropertyDescription("True on the display that the firmware boots on; absent elsewhere.") @Nullable
        Boolean bootVGA,

        @JsonPropertyDescription("Of a virtual function: the address of the one that it is a part of.") @Nullable
        String physicalFunction,

        @JsonPropertyDescription(
                "How many virtual functions are enabled on it; absent on what cannot have any. vfio-pci takes it only"
                        + " with none.")
        @Nullable
        Integer virtualFunctions,

        @JsonPropertyDescription("How many virtual functions it can have; absent on what cannot have any.") @Nullable
        Integer maxVirtualFunctions,

        @JsonPropertyDescription("The class that offers the group; absent for none.") @Nullable
        String deviceClass,

        @JsonPropertyDescription("Free, Allocated, NotViable, Missing or Quarantined.") @Required
        DeviceState state,

        @JsonPropertyDescription("What became of binding it; absent when the agent has never tried.") @Nullable
        DriverBinding binding) {

    /** The same device in another state. */
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
