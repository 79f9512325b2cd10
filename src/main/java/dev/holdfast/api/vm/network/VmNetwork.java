package dev.holdfast.api.vm.network;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** Network to which the interface of the same name is attached. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VmNetwork(
        @JsonPropertyDescription("Name of the network and of its interface.") @Required @Size(max = 58)
        String name,

        @JsonPropertyDescription(
                "Network of the pod: the guest is behind the pod's address and can reach what the pod can reach.")
        @Required
        PodNetwork pod) {}
