package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** A claim in the VM's namespace. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VolumeClaim(
        @JsonPropertyDescription("A PersistentVolumeClaim of the VM's namespace.")
        @Required
        @Size(min = 1, max = 253)
        @ValidationRule(
                value = "self.matches('^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$')",
                message = "a claim is named by lower-case letters, digits, dashes and dots; `kubectl get pvc` lists"
                        + " them")
        String claimName,

        @JsonPropertyDescription("The guest cannot write to it, and it is mounted read-only.") @Nullable
        Boolean readOnly,

        @JsonPropertyDescription(
                "What the claim holds: raw (the default) or qcow2. It is never guessed: a guest could write a raw disk that looks like a qcow2 image.")
        @Nullable
        ImageFormat format) {}
