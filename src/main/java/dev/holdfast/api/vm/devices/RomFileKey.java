package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.DnsNames;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** One key of a ConfigMap or Secret. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RomFileKey(
        @JsonPropertyDescription("Name of the ConfigMap or Secret.")
        @Required
        @Size(min = 1, max = 253)
        @ValidationRule(
                value = "self.matches('^" + DnsNames.SUBDOMAIN + "$')",
                message = "must be lower-case letters, digits, inner dashes and dots; set the name of an object in the"
                        + " VM's namespace")
        String name,

        @JsonPropertyDescription("Key that contains the ROM.")
        @Required
        @Size(min = 1, max = 253)
        @ValidationRule(
                value = "self.matches('^[-._A-Za-z0-9]+$') && self != '.' && !self.startsWith('..')",
                message = "a key must be letters, digits, '-', '.' and '_'; set a key such as vbios.rom")
        String key) {}
