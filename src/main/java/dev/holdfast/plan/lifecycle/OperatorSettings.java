package dev.holdfast.plan.lifecycle;

import dev.holdfast.memlock.Policy;
import dev.holdfast.plan.pod.PodSettings;
import dev.holdfast.plan.pod.StopHook;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the operator was told and a VM does not say.
 *
 * @param launcherImage  for VMs without one of their own
 * @param allowEmulation machines may run by TCG where a node has no KVM
 * @param backoff        between the end of a pod and the next
 * @param memlockPolicies that VMs may ask for
 * @param settle         how long a passing state has to last before it is worth a write of the status; a start that
 *                       takes no longer shows no intermediate phase
 * @param stateStorageClass of the claims that the operator makes; null for the cluster's default
 * @param stopHook       that the launcher image has
 */
public record OperatorSettings(
        String launcherImage,
        boolean allowEmulation,
        Set<Policy> memlockPolicies,
        RestartBackoff backoff,
        Duration settle,
        @Nullable String stateStorageClass,
        StopHook stopHook) {
    /** Numbers that come out of the VM itself. The other two leave it to the user how much may be pinned. */
    public static final Set<Policy> COMPUTED_POLICIES = Set.copyOf(EnumSet.of(Policy.EXACT, Policy.LIBVIRT));

    public OperatorSettings {
        memlockPolicies = Set.copyOf(memlockPolicies);
    }

    /** The figures for a cluster. */
    public static OperatorSettings of(String launcherImage, boolean allowEmulation) {
        return of(launcherImage, allowEmulation, COMPUTED_POLICIES);
    }

    /** The same with other policies. */
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

    /** The same with another StorageClass; null for the cluster's default. */
    public OperatorSettings withStateStorageClass(@Nullable String name) {
        return new OperatorSettings(launcherImage, allowEmulation, memlockPolicies, backoff, settle, name, stopHook);
    }

    /** The same with another stop hook. */
    public OperatorSettings withStopHook(StopHook hook) {
        return new OperatorSettings(
                launcherImage, allowEmulation, memlockPolicies, backoff, settle, stateStorageClass, hook);
    }

    /** What of it pods are made by. */
    public PodSettings pod() {
        return new PodSettings(
                launcherImage,
                allowEmulation,
                memlockPolicies,
                stateStorageClass == null ? "" : stateStorageClass,
                stopHook);
    }
}
