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
        @JsonPropertyDescription("UID of the pod of the process.") @Required @Size(max = 64)
        String podUID,

        @JsonPropertyDescription("VM of that pod.") @Required
        VmReference vm,

        @JsonPropertyDescription("Process ID in the node's pid namespace.") @Required
        long pid,

        @JsonPropertyDescription(
                "Start time of the process, field 22 of /proc/pid/stat; with pid and boot it identifies the process.")
        @Required
        long startTicks,

        @JsonPropertyDescription("Devices of the VM's spec, and the PCI functions assigned to them.") @Required
        List<GrantedDevice> devices,

        @JsonPropertyDescription("Bytes that the VM's plan required at the time of the grant.") @Nullable
        Long requiredBytes,

        @JsonPropertyDescription("Bytes that the launcher measured; absent if it did not measure.") @Nullable
        Long measuredBytes,

        @JsonPropertyDescription("RLIMIT_MEMLOCK in bytes as decided; -1 means unlimited.") @Required
        long limitBytes,

        @JsonPropertyDescription("RLIMIT_MEMLOCK in bytes as read back from the kernel; -1 means unlimited.")
        long appliedBytes,

        @JsonPropertyDescription(
                "Bytes that the kernel had charged (VmLck) once the value was stable, and again whenever the headroom"
                        + " became too small or sufficient.")
        @Nullable
        Long lockedBytes,

        @JsonPropertyDescription("Time of the grant, RFC 3339.") @Required
        String time) {
    private static final long INFINITY = -1;

    /** Returns whether the kernel reported that there is no limit. */
    public boolean unlimited() {
        return appliedBytes == INFINITY;
    }
}
