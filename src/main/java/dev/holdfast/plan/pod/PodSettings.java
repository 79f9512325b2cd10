package dev.holdfast.plan.pod;

import dev.holdfast.memlock.Policy;
import dev.holdfast.plan.machine.MachineSpec;
import java.util.Set;

/**
 * What the operator's options say of pods.
 *
 * @param launcherImage     for VMs without one of their own
 * @param allowEmulation    machines may run by TCG where a node has no KVM
 * @param memlockPolicies   that VMs may ask for
 * @param stateStorageClass of the claims that the operator makes; empty for the cluster's default
 * @param stopHook          that the launcher image has
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

    /** Settings with the hook that every launcher image has. */
    public PodSettings(
            String launcherImage, boolean allowEmulation, Set<Policy> memlockPolicies, String stateStorageClass) {
        this(launcherImage, allowEmulation, memlockPolicies, stateStorageClass, StopHook.Java);
    }

    /** Returns the hook of a machine's pod: of an image of the VM's own nothing is known. */
    StopHook stopHook(MachineSpec machine) {
        return machine.launcherImage().isEmpty() ? stopHook : StopHook.Java;
    }
}
