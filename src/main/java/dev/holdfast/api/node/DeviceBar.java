package dev.holdfast.api.node;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** A base address register. */
public record DeviceBar(
        @JsonPropertyDescription("Number of the register, 0 to 5; a 64-bit register takes two and has the first.")
        @Required
        int index,

        @JsonPropertyDescription("Size in bytes, a power of two.") @Required
        long sizeBytes,

        @JsonPropertyDescription("I/O ports (io), memory below 4 GiB (mem32), or memory anywhere (mem64).") @Required
        BarType type,

        @JsonPropertyDescription("Whether it may be placed in a bridge's 64-bit window.") @Required
        boolean prefetchable) {}
