package dev.holdfast.api.vm;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** When a pod of a VM came how far, RFC 3339; absent what it has not reached. Several clocks tell it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StartTimes(
        @JsonPropertyDescription("The pod was made; whole seconds, by the API server's clock.") @Nullable
        String created,

        @JsonPropertyDescription("It was given a node; whole seconds, by the scheduler's clock.") @Nullable
        String scheduled,

        @JsonPropertyDescription(
                "Its launcher was executed, devices, volumes and image being there; whole seconds, by the node's clock.")
        @Nullable
        String executed,

        @JsonPropertyDescription(
                "The agent applied the limit, upon which the launcher becomes QEMU; by the node's clock.")
        @Nullable
        String granted,

        @JsonPropertyDescription("QEMU was found running, its memory locked; by the operator's clock.") @Nullable
        String running) {
    /** Returns the times of a pod of which nothing is known yet. */
    public static StartTimes none() {
        return new StartTimes(null, null, null, null, null);
    }
}
