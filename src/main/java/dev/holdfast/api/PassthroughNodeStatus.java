package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the agent saw.
 *
 * @param bootID     the kernel's boot_id; grants of another boot are void
 * @param conditions IommuEnabled, VfioReady, KvmAvailable
 * @param devices    every function of a group that a device class names, keyed by pciAddress
 * @param grants     the processes that hold an applied limit, keyed by podUID
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughNodeStatus(
        @Nullable String bootID,
        @Nullable List<Condition> conditions,
        @Nullable List<Device> devices,
        @Nullable List<Grant> grants) {

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
     *
     * @param pciAddress   domain:bus:device.function
     * @param classCode    six hexadecimal digits
     * @param driver       null when none is bound
     * @param iommuGroup   the kernel's number, for humans: it may change with a reboot
     * @param groupMembers every endpoint function of the group, this one included
     * @param groupID      the address that stands for the group: the device ID at the kubelet
     * @param viable       whether the group can be passed through as it is
     * @param blockers     members on a foreign driver
     * @param message      what to do, when not viable
     * @param numaNode     null when the platform does not say
     * @param deviceClass  the class that offers the group; null for none
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Device(
            @Required String pciAddress,
            @Required String vendorID,
            @Required String deviceID,
            @Required String classCode,
            @Nullable String driver,
            @Nullable Integer iommuGroup,
            @Nullable List<String> groupMembers,
            @Nullable String groupID,
            boolean viable,
            @Nullable List<Blocker> blockers,
            @Nullable String message,
            @Nullable Integer numaNode,
            @Nullable String deviceClass,
            @Required State state) {}

    /** A function that keeps its group from being passed through. */
    public record Blocker(
            @Required String pciAddress, @Required String driver) {}

    /**
     * A process whose RLIMIT_MEMLOCK the agent has raised.
     *
     * @param podUID        whose process it is
     * @param pid           in the node's pid namespace
     * @param startTicks    field 22 of /proc/pid/stat: with the pid and the boot it names one process for good
     * @param measuredBytes what the launcher measured; null when it did not
     * @param limitBytes    what was decided
     * @param appliedBytes  what the kernel answered when asked again
     * @param lockedBytes   VmLck as first seen above zero; null before that
     * @param time          when, RFC 3339
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Grant(
            @Required String podUID,
            @Required VmReference vm,
            long pid,
            long startTicks,
            @Required List<GrantedDevice> devices,
            @Nullable Long measuredBytes,
            long limitBytes,
            long appliedBytes,
            @Nullable Long lockedBytes,
            @Required String time) {}

    /** Which VM. */
    public record VmReference(
            @Required String namespace,
            @Required String name,
            @Required String uid) {}

    /**
     * What one named device of the spec became.
     *
     * @param name         of the gpu or host device in the VM's spec
     * @param pciAddresses all functions of the group that the guest gets, the main one first
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record GrantedDevice(
            @Required String name,
            @Required List<String> pciAddresses,
            @Nullable Integer iommuGroup,
            @Nullable Integer numaNode) {}
}
