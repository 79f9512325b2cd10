package dev.holdfast.api.node;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** A function that keeps its group from being passed through. */
public record Blocker(
        @JsonPropertyDescription("domain:bus:device.function.") @Required
        String pciAddress,

        @JsonPropertyDescription("The kernel driver that is bound; absent for none.") @Required
        String driver) {}
