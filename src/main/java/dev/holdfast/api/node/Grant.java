package dev.holdfast.api.node;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process whose RLIMIT_MEMLOCK the agent has raised.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Grant(
        @JsonPropertyDescription("The pod whose process it is.") @Required @Size(max = 64)
        String podUID,

        @JsonPropertyDescription("The VM of that pod.") @Required
        VmReference vm,

        @JsonPropertyDescription("In the node's pid namespace.") @Required
        long pid,

        @JsonPropertyDescription("Field 22 of /proc/pid/stat: with the pid and the boot it names one process for good.")
        @Required
        long startTicks,

        @JsonPropertyDescription("What the VM's named devices became here.") @Required
        List<GrantedDevice> devices,

        @JsonPropertyDescription("What the VM's plan required when it was granted.") @Nullable
        Long requiredBytes,

        @JsonPropertyDescription("What the launcher measured; absent when it did not.") @Nullable
        Long measuredBytes,

        @JsonPropertyDescription("RLIMIT_MEMLOCK as decided; -1 is unlimited.") @Required
        long limitBytes,

        @JsonPropertyDescription("RLIMIT_MEMLOCK as the kernel answered after it was set; -1 is unlimited.")
        long appliedBytes,

        @JsonPropertyDescription(
                "What the kernel had charged (VmLck) when it had settled, and again whenever what is left of the limit became too little or enough again.")
        @Nullable
        Long lockedBytes,

        @JsonPropertyDescription("When it was granted, RFC 3339.") @Required
        String time) {
    private static final long INFINITY = -1;

    /** Whether the kernel answered that there is no limit. */
    public boolean unlimited() {
        return appliedBytes == INFINITY;
    }
}
