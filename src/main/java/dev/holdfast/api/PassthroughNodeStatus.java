package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
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
 * What the agent saw. The rule: a grant is for one process and one limit for good. A pod that lives on through a reboot
 * may have another in the next boot, which is why this is no rule on a grant alone.
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
@JsonClassDescription("What the agent saw.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughNodeStatus(
        @JsonPropertyDescription("The kernel's boot_id; grants of another boot are void.") @Nullable @Size(max = 64)
        String bootID,

        @JsonPropertyDescription("For humans: how many groups of devices are in which state.") @Nullable
        String summary,

        @JsonPropertyDescription("IommuEnabled, VfioReady, KvmAvailable.") @Nullable
        List<Condition> conditions,

        @JsonPropertyDescription("PCI functions that are, or could be, passed through.") @Nullable
        List<Device> devices,

        @JsonPropertyDescription("The processes that hold an applied limit.") @Nullable @Size(max = 256)
        List<Grant> grants) {

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
        Map<String, State> groups = new LinkedHashMap<>();
        devices.forEach(device ->
                groups.put(Objects.requireNonNullElse(device.groupID(), device.pciAddress()), device.state()));
        return Stream.of(State.values())
                .filter(groups::containsValue)
                .map(state -> Collections.frequency(groups.values(), state) + " " + state)
                .collect(Collectors.joining(", "));
    }

    /** What can be done with a device now. */
    public enum State {
        /** On vfio-pci with its whole group, and nobody's. */
        Free,
        /** A pod holds its group. */
        Allocated,
        /** Cannot be passed through; {@code blockers} and {@code message} say why. */
        NotViable,
        /** Was there, is a pod's, and has vanished from the bus. */
        Missing
    }

    /**
     * One PCI function.
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Device(
            @JsonPropertyDescription("domain:bus:device.function.") @Required
            String pciAddress,

            @JsonPropertyDescription("Four hexadecimal digits.") @Required
            String vendorID,

            @JsonPropertyDescription("Four hexadecimal digits.") @Required
            String deviceID,

            @JsonPropertyDescription("Six hexadecimal digits: class, subclass, programming interface.") @Required
            String classCode,

            @JsonPropertyDescription("The kernel driver that is bound; absent for none.") @Nullable
            String driver,

            @JsonPropertyDescription("The kernel's number of the group; may change with a reboot.") @Nullable
            Integer iommuGroup,

            @JsonPropertyDescription("Every endpoint function of the group, this one included.") @Nullable
            List<String> groupMembers,

            @JsonPropertyDescription("The address that stands for the group: its device ID at the kubelet.") @Nullable
            String groupID,

            @JsonPropertyDescription("Whether the group can be passed through as it is.")
            boolean viable,

            @JsonPropertyDescription("Members of the group on a foreign driver; the first eight.") @Nullable
            List<Blocker> blockers,

            @JsonPropertyDescription("What to do, when the group is not viable.") @Nullable
            String message,

            @JsonPropertyDescription("Absent when the platform does not say.") @Nullable
            Integer numaNode,

            @JsonPropertyDescription("The class that offers the group; absent for none.") @Nullable
            String deviceClass,

            @JsonPropertyDescription("Free, Allocated, NotViable or Missing.") @Required
            State state) {}

    /** A function that keeps its group from being passed through. */
    public record Blocker(
            @JsonPropertyDescription("domain:bus:device.function.") @Required
            String pciAddress,

            @JsonPropertyDescription("The kernel driver that is bound; absent for none.") @Required
            String driver) {}

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

            @JsonPropertyDescription(
                    "Field 22 of /proc/pid/stat: with the pid and the boot it names one process for good.")
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

    /** Which VM. */
    public record VmReference(
            @JsonPropertyDescription("Its namespace.") @Required
            String namespace,

            @JsonPropertyDescription("Its name.") @Required String name,

            @JsonPropertyDescription("Its UID: another VM may have had the name.") @Required @Size(max = 64)
            String uid) {}

    /**
     * What one named device of the spec became.
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record GrantedDevice(
            @JsonPropertyDescription("The device's name in the VM's spec.") @Required
            String name,

            @JsonPropertyDescription("All functions of the group that the guest gets, the main one first.") @Required
            List<String> pciAddresses,

            @JsonPropertyDescription("The kernel's number of the group; may change with a reboot.") @Nullable
            Integer iommuGroup,

            @JsonPropertyDescription("Absent when the platform does not say.") @Nullable
            Integer numaNode) {}
}
