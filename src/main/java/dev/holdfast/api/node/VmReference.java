package dev.holdfast.api.node;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** Which VM. */
public record VmReference(
        @JsonPropertyDescription("Its namespace.") @Required String namespace,

        @JsonPropertyDescription("Its name.") @Required String name,

        @JsonPropertyDescription("Its UID: another VM may have had the name.") @Required @Size(max = 64)
        String uid) {}
