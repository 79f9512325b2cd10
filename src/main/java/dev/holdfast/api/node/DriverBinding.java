package dev.holdfast.api.node;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/**
 * The agent's last change of a device's driver.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DriverBinding(
        @JsonPropertyDescription("Bound, InUse, Failed or Restored.") @Required
        BindResult result,

        @JsonPropertyDescription("What was found, and what to do.") @Required
        String message,

        @JsonPropertyDescription("Driver that gets the device back; absent if there is none.") @Nullable
        String formerDriver,

        @JsonPropertyDescription("Time of the last change of the result, RFC 3339.") @Required
        String time) {}
