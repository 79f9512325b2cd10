package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** IOMMU that the guest can use. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Iommu(
        @JsonPropertyDescription("Model of the IOMMU. intel: VT-d, for any guest. virtio: for guests with a"
                + " virtio-iommu driver, such as Linux.")
        @Required
        IommuModel model) {}
