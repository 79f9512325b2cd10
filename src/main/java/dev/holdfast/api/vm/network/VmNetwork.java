package dev.holdfast.api.vm.network;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A network that an interface of the same name is on. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VmNetwork(
        @JsonPropertyDescription("That of its interface.") @Required @Size(max = 58)
        String name,

        @JsonPropertyDescription("The pod's own: the guest is behind its address and reaches what the pod reaches.")
        @Required
        PodNetwork pod) {}
