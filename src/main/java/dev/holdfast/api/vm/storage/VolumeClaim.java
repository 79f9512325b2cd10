package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.DnsNames;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** PersistentVolumeClaim in the VM's namespace. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VolumeClaim(
        @JsonPropertyDescription("Name of a PersistentVolumeClaim in the VM's namespace.")
        @Required
        @Size(min = 1, max = 253)
        @ValidationRule(
                value = "self.matches('^" + DnsNames.SUBDOMAIN + "$')",
                message = "a claim's name must be lower-case letters, digits, dashes and dots; `kubectl get pvc`"
                        + " lists the names")
        String claimName,

        @JsonPropertyDescription(
                "The claim is mounted read-only, and the guest cannot write to the disk. Default: false.")
        @Nullable
        Boolean readOnly,

        @JsonPropertyDescription(
                "Format of the disk in the claim: raw (the default) or qcow2. It is not detected, because a guest"
                        + " could write a qcow2 header to a raw disk.")
        @Nullable
        ImageFormat format) {}
