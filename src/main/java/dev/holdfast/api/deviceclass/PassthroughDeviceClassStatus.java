package dev.holdfast.api.deviceclass;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Devices of a class on all nodes. It does not report which VMs use them, so it changes only with the hardware, and for a
 * class with allocation DRA with its DeviceClass.
 */
@JsonClassDescription("The devices of the class on all nodes, as the operator counted them.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughDeviceClassStatus(
        @JsonPropertyDescription("Extended resource of the class: the value for deviceName in a VM.") @Required
        String resource,

        @JsonPropertyDescription("The selectors in short form: vendor and device, class code, address.") @Required
        String selectors,

        @JsonPropertyDescription("Number of IOMMU groups that nodes report for the class, in any state.") @Required
        int total,

        @JsonPropertyDescription(
                "Number of these groups that can be passed through, including those that a VM uses now.")
        @Required
        int usable,

        @JsonPropertyDescription("Number of nodes with at least one such group.") @Required
        int nodes,

        @JsonPropertyDescription(
                "State of a class with allocation DRA: DeviceClassReady and ExtendedResourceReady. Absent"
                        + " for a class that device plugins offer.")
        @Nullable
        List<Condition> conditions) {
    /** Maximum length of the selectors in characters; a longer text is cut. */
    public static final int MAX_SELECTORS = 128;

    /** Creates a status without conditions. */
    public PassthroughDeviceClassStatus(String resource, String selectors, int total, int usable, int nodes) {
        this(resource, selectors, total, usable, nodes, null);
    }

    /** Returns a copy with these conditions. */
    public PassthroughDeviceClassStatus withConditions(@Nullable List<Condition> found) {
        return new PassthroughDeviceClassStatus(resource, selectors, total, usable, nodes, found);
    }
}
