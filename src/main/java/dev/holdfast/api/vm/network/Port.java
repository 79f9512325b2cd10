package dev.holdfast.api.vm.network;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** A port of the guest that is a port of the pod. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Port(
        @JsonPropertyDescription("For the targetPort of a Service.")
        @Nullable
        @Size(max = 15)
        @ValidationRule(
                value = "self.matches('^([a-z0-9]+-)*[a-z0-9]+$') && self.matches('[a-z]')",
                message = "a port is named by lower-case letters, digits and single inner dashes, with a letter among"
                        + " them; give a name such as http")
        String name,

        @JsonPropertyDescription("Its number, in the guest and at the pod's address.") @Required @Min(1) @Max(65535)
        Integer port,

        @JsonPropertyDescription("TCP (the default) or UDP.") @Nullable
        Protocol protocol) {}
