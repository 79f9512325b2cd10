package dev.holdfast.api.vm;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** Start-up timestamps of a VM's pod, RFC 3339, taken from several clocks. A step that was not reached is absent. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StartTimes(
        @JsonPropertyDescription("Time at which the pod was created, in whole seconds of the API server's clock.")
        @Nullable
        String created,

        @JsonPropertyDescription(
                "Time at which the pod was assigned to a node, in whole seconds of the scheduler's clock.")
        @Nullable
        String scheduled,

        @JsonPropertyDescription(
                "Time at which the launcher was executed, after devices, volumes and image were ready, in whole"
                        + " seconds of the node's clock.")
        @Nullable
        String executed,

        @JsonPropertyDescription(
                "Time at which the agent applied the limit, by the node's clock. The launcher then becomes QEMU.")
        @Nullable
        String granted,

        @JsonPropertyDescription(
                "Time at which QEMU was first seen running with its memory locked, by the operator's clock.")
        @Nullable
        String running) {
    /** Returns the timestamps of a pod that has not reached any step. */
    public static StartTimes none() {
        return new StartTimes(null, null, null, null, null);
    }
}
