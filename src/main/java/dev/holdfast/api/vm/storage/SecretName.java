package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A Secret of the VM's namespace. */
public record SecretName(
        @JsonPropertyDescription("Its name.")
        @Required
        @Size(min = 1, max = 253)
        @ValidationRule(
                value = "self.matches('^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$')",
                message =
                        "a Secret is named by lower-case letters, digits, dashes and dots; `kubectl get secrets` lists"
                                + " them")
        String name) {}
