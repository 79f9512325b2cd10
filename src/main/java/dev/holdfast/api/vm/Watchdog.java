package dev.holdfast.api.vm;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** A timer that the guest has to feed. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Watchdog(
        @JsonPropertyDescription("Intel's 6300ESB, which Linux (i6300esb) and Windows know.") @Required
        I6300esb i6300esb) {}
