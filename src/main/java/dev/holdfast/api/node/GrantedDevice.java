package dev.holdfast.api.node;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The PCI functions that were assigned to a device of the spec.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GrantedDevice(
        @JsonPropertyDescription("Name of the device in the VM's spec.") @Required
        String name,

        @JsonPropertyDescription("Functions of the group that the guest gets, the main one first.") @Required
        List<String> pciAddresses,

        @JsonPropertyDescription("Number of the IOMMU group in the kernel; may change with a reboot.") @Nullable
        Integer iommuGroup,

        @JsonPropertyDescription("NUMA node; absent if the platform does not report it.") @Nullable
        Integer numaNode) {}
