package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A ConfigMap as a disk. */
public record ConfigMapDisk(
        @JsonPropertyDescription("A ConfigMap of the VM's namespace.")
        @Required
        @Size(min = 1, max = 253)
        @ValidationRule(
                value = "self.matches('^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$')",
                message = "a ConfigMap is named by lower-case letters, digits, dashes and dots; `kubectl get"
                        + " configmaps` lists them")
        String name) {}
