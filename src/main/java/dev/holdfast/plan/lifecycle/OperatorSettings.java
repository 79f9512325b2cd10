package dev.holdfast.plan.lifecycle;

import dev.holdfast.memlock.Policy;
import dev.holdfast.plan.pod.PodSettings;
import dev.holdfast.plan.pod.StopHook;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the operator that are not part of a VM's spec.
 *
 * @param launcherImage     default for VMs whose spec has none
 * @param allowEmulation    whether machines may run with TCG where a node has no KVM
 * @param backoff           pauses between the end of a pod and the start of the next
 * @param memlockPolicies   policies that VMs may use
 * @param settle            minimum duration of an intermediate state before it is written to the status; a quicker start
 *                          shows no intermediate phase
 * @param stateStorageClass storage class of the claims that the operator creates; null for the cluster's default
 * @param stopHook          stop hook of the launcher image
 */
public record OperatorSettings(
        String launcherImage,
        boolean allowEmulation,
        Set<Policy> memlockPolicies,
        RestartBackoff backoff,
        Duration settle,
        @Nullable String stateStorageClass,
        StopHook stopHook) {
    /** Policies that compute the limit from the VM. With the other two the user decides how much may be pinned. */
    public static final Set<Policy> COMPUTED_POLICIES = Set.copyOf(EnumSet.of(Policy.EXACT, Policy.LIBVIRT));

    public OperatorSettings {
        memlockPolicies = Set.copyOf(memlockPolicies);
    }

    /** Returns the default settings for a cluster. */
    public static OperatorSettings of(String launcherImage, boolean allowEmulation) {
        return of(launcherImage, allowEmulation, COMPUTED_POLICIES);
    }

    /** Returns the default settings with these policies. */
    public static OperatorSettings of(String launcherImage, boolean allowEmulation, Set<Policy> memlockPolicies) {
        return new OperatorSettings(
                launcherImage,
                allowEmulation,
                memlockPolicies,
                RestartBackoff.STANDARD,
                Duration.ofSeconds(5),
                null,
                StopHook.Java);
    }

    /** Returns a copy with another StorageClass; null for the cluster's default. */
    public OperatorSettings withStateStorageClass(@Nullable String name) {
        return new OperatorSettings(launcherImage, allowEmulation, memlockPolicies, backoff, settle, name, stopHook);
    }

    /** Returns a copy with another stop hook. */
    public OperatorSettings withStopHook(StopHook hook) {
        return new OperatorSettings(
                launcherImage, allowEmulation, memlockPolicies, backoff, settle, stateStorageClass, hook);
    }

    /** Returns the settings for pods. */
    public PodSettings pod() {
        return new PodSettings(
                launcherImage,
                allowEmulation,
                memlockPolicies,
                stateStorageClass == null ? "" : stateStorageClass,
                stopHook);
    }
}
