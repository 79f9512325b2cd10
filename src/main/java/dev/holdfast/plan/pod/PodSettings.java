package dev.holdfast.plan.pod;

import dev.holdfast.memlock.Policy;
import java.util.Set;

/**
 * What the operator's options say of pods.
 *
 * @param launcherImage     for VMs without one of their own
 * @param allowEmulation    machines may run by TCG where a node has no KVM
 * @param memlockPolicies   that VMs may ask for
 * @param stateStorageClass of the claims that the operator makes; empty for the cluster's default
 */
public record PodSettings(
        String launcherImage, boolean allowEmulation, Set<Policy> memlockPolicies, String stateStorageClass) {
    public PodSettings {
        memlockPolicies = Set.copyOf(memlockPolicies);
    }
}
