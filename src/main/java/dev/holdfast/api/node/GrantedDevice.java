package dev.holdfast.api.node;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one named device of the spec became.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GrantedDevice(
        @JsonPropertyDescription("The device's name in the VM's spec.") @Required
        String name,

        @JsonPropertyDescription("All functions of the group that the guest gets, the main one first.") @Required
        List<String> pciAddresses,

        @JsonPropertyDescription("The kernel's number of the group; may change with a reboot.") @Nullable
        Integer iommuGroup,

        @JsonPropertyDescription("Absent when the platform does not say.") @Nullable
        Integer numaNode) {}
