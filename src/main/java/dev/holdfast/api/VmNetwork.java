package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A network that an interface of the same name is on. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VmNetwork(
        @JsonPropertyDescription("Of the network and of its interface.")
        @Required
        @Size(max = 58)
        @ValidationRule(
                value = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
                message =
                        "a network is named by lower-case letters, digits and inner dashes; give a name such as default")
        String name,

        @JsonPropertyDescription("The pod's own: the guest is behind its address and reaches what the pod reaches.")
        @Required
        PodNetwork pod) {

    /** The network of the VM's pod. */
    public record PodNetwork() {}
}
