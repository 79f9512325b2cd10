package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** One whole IOMMU group of the node, of which the main function is a GPU. */
@ValidationRule(
        value = "!has(self.romFile) || !has(self.romBar) || self.romBar",
        message = "romBar is false, so the guest would never see the romFile; remove one of them")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Gpu(
        @JsonPropertyDescription("Unique over gpus and hostDevices; status.devices names it again.")
        @Required
        @Size(max = 63)
        @ValidationRule(
                value = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
                message = "a device is named by lower-case letters, digits and inner dashes; give a name such as gpu0")
        String name,

        @JsonPropertyDescription(
                "Extended resource of a PassthroughDeviceClass: holdfast.dev/ and the name of the class.")
        @Required
        @Size(max = 76)
        @ValidationRule(
                value = "self.matches('^holdfast[.]dev/[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
                message = "expected is holdfast.dev/ and the name of a device class; `kubectl get ptclass` lists them")
        String deviceName,

        @JsonPropertyDescription(
                "The option ROM that the guest sees in place of the GPU's own: for a card whose own cannot be read, as of the"
                        + " host's first display.")
        @Nullable
        RomFile romFile,

        @JsonPropertyDescription("Whether the guest sees an option ROM at all. Default: true.") @Nullable
        Boolean romBar,

        @JsonPropertyDescription(
                "NVIDIA's alone: GPUs of one number may write to each other's memory (GPUDirect P2P) where the host's PCIe"
                        + " topology lets them.")
        @Nullable
        @Min(0)
        @Max(15)
        Integer p2pClique) {}
