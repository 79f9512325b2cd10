package dev.holdfast.api.node;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** Reference to a VM. */
public record VmReference(
        @JsonPropertyDescription("Namespace of the VM.") @Required
        String namespace,

        @JsonPropertyDescription("Name of the VM.") @Required
        String name,

        @JsonPropertyDescription("UID of the VM, as another VM may have had the name.") @Required @Size(max = 64)
        String uid) {}
