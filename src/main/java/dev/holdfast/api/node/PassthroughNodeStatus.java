package dev.holdfast.api.node;

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

        @JsonPropertyDescription("IommuEnabled, InterruptRemapping, VfioReady, KvmAvailable.") @Nullable
        List<Condition> conditions,

        @JsonPropertyDescription("PCI functions that are, or could be, passed through.") @Nullable
        List<Device> devices,

        @JsonPropertyDescription("The processes that hold an applied limit.") @Nullable @Size(max = 256)
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
        Missing,
        /** Does not answer after a VM had it; offered again when it does. */
        Quarantined
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

            @JsonPropertyDescription("Four hexadecimal digits; absent when the kernel does not tell.") @Nullable
            String subsystemVendorID,

            @JsonPropertyDescription("Four hexadecimal digits; absent when the kernel does not tell.") @Nullable
            String subsystemID,

            @JsonPropertyDescription("Six hexadecimal digits: class, subclass, programming interface.") @Required
            String classCode,

            @JsonPropertyDescription("Maker and model by the node's pci.ids; absent when that does not tell.") @Nullable
            String description,

            @JsonPropertyDescription("The kernel driver that is bound; absent for none.") @Nullable
            String driver,

            @JsonPropertyDescription("The kernel's number of the group; may change with a reboot.") @Nullable
            Integer iommuGroup,

            @JsonPropertyDescription(
                    "Every endpoint function of the group, this one included. Of a group of more than sixteen, only on the"
                            + " device that stands for it.")
            @Nullable
            List<String> groupMembers,

            @JsonPropertyDescription("The address that stands for the group: its device ID at the kubelet.") @Nullable
            String groupID,

            @JsonPropertyDescription("Whether the group can be passed through as it is.")
            boolean viable,

            @JsonPropertyDescription(
                    "Members of the group on a foreign driver; the first eight. Of a group of more than sixteen, only on"
                            + " the device that stands for it.")
            @Nullable
            List<Blocker> blockers,

            @JsonPropertyDescription("What to do, when the group cannot be given to a VM.") @Nullable
            String message,

            @JsonPropertyDescription("Absent when the platform does not say.") @Nullable
            Integer numaNode,

            @JsonPropertyDescription("The host bridge that it hangs on, pci0000:00 for instance: what Kubernetes calls"
                    + " resource.kubernetes.io/pcieRoot.")
            @Nullable
            String pcieRoot,

            @JsonPropertyDescription("Its base address registers; absent for none.") @Nullable
            List<Bar> bars,

            @JsonPropertyDescription(
                    "How the kernel can reset it, in the order in which it tries: flr, pm, bus and others. Absent for none,"
                            + " and with kernels before 5.15.")
            @Nullable
            List<String> resetMethods,

            @JsonPropertyDescription("True on the display that the firmware boots on; absent elsewhere.") @Nullable
            Boolean bootVGA,

            @JsonPropertyDescription("Of a virtual function: the address of the one that it is a part of.") @Nullable
            String physicalFunction,

            @JsonPropertyDescription(
                    "How many virtual functions are enabled on it; absent on what cannot have any. vfio-pci takes it only"
                            + " with none.")
            @Nullable
            Integer virtualFunctions,

            @JsonPropertyDescription("How many virtual functions it can have; absent on what cannot have any.")
            @Nullable
            Integer maxVirtualFunctions,

            @JsonPropertyDescription("The class that offers the group; absent for none.") @Nullable
            String deviceClass,

            @JsonPropertyDescription("Free, Allocated, NotViable, Missing or Quarantined.") @Required
            State state,

            @JsonPropertyDescription("What became of binding it; absent when the agent has never tried.") @Nullable
            Binding binding) {

        /** The same device in another state. */
        public Device in(State other) {
            return new Device(
                    pciAddress,
                    vendorID,
                    deviceID,
                    subsystemVendorID,
                    subsystemID,
                    classCode,
                    description,
                    driver,
                    iommuGroup,
                    groupMembers,
                    groupID,
                    viable,
                    blockers,
                    message,
                    numaNode,
                    pcieRoot,
                    bars,
                    resetMethods,
                    bootVGA,
                    physicalFunction,
                    virtualFunctions,
                    maxVirtualFunctions,
                    deviceClass,
                    other,
                    binding);
        }
    }

    /** Where a register may lie; lower case, as hardware is spelled. */
    public enum BarType {
        /** I/O ports. */
        io,
        /** Memory below 4 GiB. */
        mem32,
        /** Memory anywhere. */
        mem64
    }

    /** A base address register. */
    public record Bar(
            @JsonPropertyDescription("0 to 5; a 64-bit register takes two numbers and is called by the first.")
            @Required
            int index,

            @JsonPropertyDescription("A power of two.") @Required
            long sizeBytes,

            @JsonPropertyDescription("I/O ports, memory below 4 GiB, or memory anywhere.") @Required
            BarType type,

            @JsonPropertyDescription("Whether it may lie in a bridge's 64-bit window.") @Required
            boolean prefetchable) {}

    /** How the last attempt to bind a device, or to give it back, ended. */
    public enum BindResult {
        /** On vfio-pci by the agent's doing. */
        Bound,
        /** Somebody uses it; left alone, and looked at again. */
        InUse,
        /** It could not be done; tried again. */
        Failed,
        /** Its former driver has it again. */
        Restored
    }

    /**
     * What the agent did about a device's driver.
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Binding(
            @JsonPropertyDescription("Bound, InUse, Failed or Restored.") @Required
            BindResult result,

            @JsonPropertyDescription("What was found, and what to do.") @Required
            String message,

            @JsonPropertyDescription("The driver that gets it back; absent for none.") @Nullable
            String formerDriver,

            @JsonPropertyDescription("Since when it is so, RFC 3339.") @Required
            String time) {}

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
