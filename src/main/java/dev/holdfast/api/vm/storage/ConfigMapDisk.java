package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.DnsNames;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** Disk with the contents of a ConfigMap. */
public record ConfigMapDisk(
        @JsonPropertyDescription("Name of a ConfigMap in the VM's namespace.")
        @Required
        @Size(min = 1, max = 253)
        @ValidationRule(
                value = "self.matches('^" + DnsNames.SUBDOMAIN + "$')",
                message = "a ConfigMap's name must be lower-case letters, digits, dashes and dots; `kubectl get"
                        + " configmaps` lists the names")
        String name) {}
