package dev.holdfast.api.node;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * State of a node's devices, as its agent found it. The validation rule forbids changing the process or the limit of a
 * grant within one boot. It is on the status because it compares the boot ID: a pod that survives a reboot may get a new grant.
 */
@ValidationRule(
        value = "!has(self.bootID) || !has(oldSelf.bootID) || self.bootID != oldSelf.bootID"
                + " || !has(self.grants) || !has(oldSelf.grants)"
                + " || self.grants.all(grant, oldSelf.grants.all(old, old.podUID != grant.podUID"
                + " || old.pid == grant.pid && old.startTicks == grant.startTicks"
                + " && old.limitBytes == grant.limitBytes && old.vm.uid == grant.vm.uid))",
        message =
                "the pid, startTicks, limitBytes and vm of a grant cannot change within one boot; end the pod, and its"
                        + " grant goes with it")
@JsonClassDescription("State of the node's devices, as its agent found it.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughNodeStatus(
        @JsonPropertyDescription("boot_id of the kernel; grants of another boot are void.") @Nullable @Size(max = 64)
        String bootID,

        @JsonPropertyDescription("Number of device groups in each state, for printing.") @Nullable
        String summary,

        @JsonPropertyDescription("Conditions IommuEnabled, InterruptRemapping, VfioReady and KvmAvailable.") @Nullable
        List<Condition> conditions,

        @JsonPropertyDescription("PCI functions that are or could be passed through.") @Nullable
        List<Device> devices,

        @JsonPropertyDescription("Processes whose limit the agent has set.") @Nullable @Size(max = 256)
        List<Grant> grants) {

    /** Functions that one report holds; so many do not fit into one object with all that there may be to say of each. */
    public static final int MAX_DEVICES = 2048;

    /** With the summary of these devices: a printer column shows one value, and of a list its first entry alone. */
    public PassthroughNodeStatus(
            @Nullable String bootID,
            @Nullable List<Condition> conditions,
            @Nullable List<Device> devices,
            @Nullable List<Grant> grants) {
        this(bootID, summary(devices), conditions, devices, grants);
    }

    private static @Nullable String summary(@Nullable List<Device> devices) {
        if (devices == null) {
            return null;
        }
        Map<String, DeviceState> groups = new LinkedHashMap<>();
        devices.forEach(device ->
                groups.put(Objects.requireNonNullElse(device.groupID(), device.pciAddress()), device.state()));
        return Stream.of(DeviceState.values())
                .filter(groups::containsValue)
                .map(state -> Collections.frequency(groups.values(), state) + " " + state)
                .collect(Collectors.joining(", "));
    }
}
