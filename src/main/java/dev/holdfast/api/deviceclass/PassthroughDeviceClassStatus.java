package dev.holdfast.api.deviceclass;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** What the nodes have of a device class, without who uses it: it changes with the hardware, not with the VMs. */
@JsonClassDescription("What the nodes have of the class, written by the operator.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughDeviceClassStatus(
        @JsonPropertyDescription("What a VM writes as deviceName.") @Required
        String resource,

        @JsonPropertyDescription("The selectors in short: vendor and device, class code, address.") @Required
        String selectors,

        @JsonPropertyDescription("IOMMU groups that nodes report for the class, in any state.") @Required
        int total,

        @JsonPropertyDescription("Those of them that can be passed through, whether a VM has them now or not.")
        @Required
        int usable,

        @JsonPropertyDescription("Nodes with at least one of these.") @Required
        int nodes) {
    /** What the selectors are cut at, in characters. */
    public static final int MAX_SELECTORS = 128;
}
