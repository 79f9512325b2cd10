package dev.holdfast.api.node;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** A base address register. */
public record DeviceBar(
        @JsonPropertyDescription("0 to 5; a 64-bit register takes two numbers and is called by the first.") @Required
        int index,

        @JsonPropertyDescription("A power of two.") @Required
        long sizeBytes,

        @JsonPropertyDescription("I/O ports, memory below 4 GiB, or memory anywhere.") @Required
        BarType type,

        @JsonPropertyDescription("Whether it may lie in a bridge's 64-bit window.") @Required
        boolean prefetchable) {}
