package dev.holdfast.api.node;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** A function that keeps its group from being passed through. */
public record Blocker(
        @JsonPropertyDescription("PCI address: domain:bus:device.function.") @Required
        String pciAddress,

        @JsonPropertyDescription("Kernel driver that is bound; absent if there is none.") @Required
        String driver) {}
