package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.DnsNames;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** Disk with the contents of a Secret. */
public record SecretDisk(
        @JsonPropertyDescription("Name of a Secret in the VM's namespace.")
        @Required
        @Size(min = 1, max = 253)
        @ValidationRule(
                value = "self.matches('^" + DnsNames.SUBDOMAIN + "$')",
                message = "a Secret's name must be lower-case letters, digits, dashes and dots; `kubectl get secrets`"
                        + " lists the names")
        String secretName) {}
