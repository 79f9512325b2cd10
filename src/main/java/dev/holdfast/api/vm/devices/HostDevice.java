package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.DnsNames;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/**
 * Whole IOMMU group of the node.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record HostDevice(
        @JsonPropertyDescription("Name of the device, unique over gpus and hostDevices. status.devices refers to it.")
        @Required
        @Size(max = 63)
        @ValidationRule(
                value = "self.matches('^" + DnsNames.LABEL + "$')",
                message = "a device's name must be lower-case letters, digits and inner dashes; set a name such as"
                        + " gpu0")
        String name,

        @JsonPropertyDescription(
                "Extended resource of a PassthroughDeviceClass: holdfast.dev/ followed by the name of the class.")
        @Required
        @Size(max = 76)
        @ValidationRule(
                value = "self.matches('^holdfast[.]dev/" + DnsNames.LABEL + "$')",
                message = "must be holdfast.dev/ and the name of a device class; `kubectl get ptclass` lists the names")
        String deviceName) {}
