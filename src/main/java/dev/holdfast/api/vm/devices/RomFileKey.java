package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** One entry of an object. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RomFileKey(
        @JsonPropertyDescription("The object.")
        @Required
        @Size(min = 1, max = 253)
        @ValidationRule(
                value = "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
                message =
                        "an object is named by lower-case letters, digits, inner dashes and dots; give the name of one in"
                                + " the VM's namespace")
        String name,

        @JsonPropertyDescription("The entry.")
        @Required
        @Size(min = 1, max = 253)
        @ValidationRule(
                value = "self.matches('^[-._A-Za-z0-9]+$') && self != '.' && !self.startsWith('..')",
                message = "a key has letters, digits and -._ alone; give one such as vbios.rom")
        String key) {}
