package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.DnsNames;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Whole IOMMU group of the node whose main function is a GPU. */
@ValidationRule(
        value = "!has(self.romFile) || !has(self.romBar) || self.romBar",
        message = "romBar is false, so the guest would not see the romFile; remove one of them")
@ValidationRule(
        value = "has(self.deviceName) != has(self.claimName)",
        message = "a device must have exactly one of deviceName and claimName; set exactly one")
@ValidationRule(
        value = "!has(self.requestName) || has(self.claimName)",
        message = "requestName is set without claimName, but it is the name of a request in a claim; set claimName, or"
                + " remove requestName")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Gpu(
        @JsonPropertyDescription("Name of the device, unique over gpus and hostDevices. status.devices refers to it.")
        @Required
        @Size(max = 63)
        @ValidationRule(
                value = "self.matches('^" + DnsNames.LABEL + "$')",
                message = "a device's name must be lower-case letters, digits and inner dashes; set a name such as"
                        + " gpu0")
        String name,

        @JsonPropertyDescription(
                "Extended resource of a PassthroughDeviceClass: holdfast.dev/ followed by the name of the class."
                        + " Exactly one of deviceName and claimName is required.")
        @Nullable
        @Size(max = 76)
        @ValidationRule(
                value = "self.matches('^holdfast[.]dev/" + DnsNames.LABEL + "$')",
                message = "must be holdfast.dev/ and the name of a device class; `kubectl get ptclass` lists the names")
        @ValidationRule(
                value = "self != 'holdfast.dev/grant'",
                message = "holdfast.dev/grant has no devices, but deviceName must be holdfast.dev/ and the name of a"
                        + " device class; set the name of a class, or claimName for a device by claim")
        String deviceName,

        @JsonPropertyDescription(
                "Name of an entry of spec.resourceClaims whose claim allocates the device, instead of deviceName.")
        @Nullable
        @Size(max = 63)
        String claimName,

        @JsonPropertyDescription(
                "Name of the request in the claim that the device is allocated for; of a request with firstAvailable"
                        + " its own name, not that of a subrequest. Required if the claim has more than one request.")
        @Nullable
        @Size(max = 63)
        @ValidationRule(
                value = "self.matches('^" + DnsNames.LABEL + "$')",
                message = "must be lower-case letters, digits and inner dashes, without the name of a subrequest; set"
                        + " the name of a request of the claim")
        String requestName,

        @JsonPropertyDescription(
                "Option ROM that the guest sees instead of the GPU's own, for a GPU whose own ROM cannot be read,"
                        + " such as the host's primary display.")
        @Nullable
        RomFile romFile,

        @JsonPropertyDescription("Shows the option ROM to the guest. Default: true.") @Nullable
        Boolean romBar,

        @JsonPropertyDescription(
                "NVIDIA only: GPUs with the same number can write to each other's memory (GPUDirect P2P) if the"
                        + " host's PCIe topology supports it.")
        @Nullable
        @Min(0)
        @Max(15)
        Integer p2pClique) {}
