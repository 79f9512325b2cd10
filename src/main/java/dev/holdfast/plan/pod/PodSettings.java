package dev.holdfast.plan.pod;

import dev.holdfast.memlock.Policy;
import dev.holdfast.plan.machine.MachineSpec;
import java.util.Set;

/**
 * Settings of the operator for pods.
 *
 * @param launcherImage     default for VMs whose spec has none
 * @param allowEmulation    whether machines may run with TCG where a node has no KVM
 * @param memlockPolicies   policies that VMs may use
 * @param stateStorageClass storage class of the claims that the operator creates; empty for the cluster's default
 * @param stopHook          stop hook of the launcher image
 */
public record PodSettings(
        String launcherImage,
        boolean allowEmulation,
        Set<Policy> memlockPolicies,
        String stateStorageClass,
        StopHook stopHook) {
    public PodSettings {
        memlockPolicies = Set.copyOf(memlockPolicies);
    }

    /** Makes settings with the stop hook that every launcher image has. */
    public PodSettings(
            String launcherImage, boolean allowEmulation, Set<Policy> memlockPolicies, String stateStorageClass) {
        this(launcherImage, allowEmulation, memlockPolicies, stateStorageClass, StopHook.Java);
    }

    /** Returns the stop hook of a machine's pod; the content of a launcher image in the spec is unknown. */
    StopHook stopHook(MachineSpec machine) {
        return machine.launcherImage().isEmpty() ? stopHook : StopHook.Java;
    }
}
