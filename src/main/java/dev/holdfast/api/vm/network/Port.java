package dev.holdfast.api.vm.network;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Port of the guest that is also a port of the pod. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Port(
        @JsonPropertyDescription("Name of the port, for the targetPort of a Service.")
        @Nullable
        @Size(max = 15)
        @ValidationRule(
                value = "self.matches('^([a-z0-9]+-)*[a-z0-9]+$') && self.matches('[a-z]')",
                message = "a port's name must be lower-case letters, digits and single inner dashes, with at least"
                        + " one letter; set a name such as http")
        String name,

        @JsonPropertyDescription("Port number, in the guest and at the pod's address.") @Required @Min(1) @Max(65535)
        Integer port,

        @JsonPropertyDescription("Protocol: TCP (the default) or UDP.") @Nullable
        Protocol protocol) {}
