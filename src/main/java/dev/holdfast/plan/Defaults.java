package dev.holdfast.plan;

import java.time.Duration;

/**
 * What the operator was told and a VM does not say.
 *
 * @param launcherImage  for VMs without one of their own
 * @param allowEmulation machines may run by TCG where a node has no KVM
 * @param backoff        between the end of a pod and the next
 * @param settle         how long a passing state has to last before it is worth a write of the status; a start that
 *                       takes no longer shows no intermediate phase
 */
public record Defaults(String launcherImage, boolean allowEmulation, Backoff backoff, Duration settle) {
    /** The figures for a cluster. */
    public static Defaults of(String launcherImage, boolean allowEmulation) {
        return new Defaults(launcherImage, allowEmulation, Backoff.STANDARD, Duration.ofSeconds(5));
    }
}
