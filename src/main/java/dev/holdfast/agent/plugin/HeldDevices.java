package dev.holdfast.agent.plugin;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Devices of pods as the kubelet reports them: the only source of a pod's devices that grants rely on. */
@FunctionalInterface
public interface HeldDevices {
    /**
     * Returns the device IDs that a pod holds now.
     *
     * @param namespace namespace of the pod
     * @param podName   name of the pod
     * @return device IDs by extended resource name ({@code holdfast.dev/nvidia-a100}), over all containers of the pod;
     *     empty while the kubelet does not list the pod
     * @throws IOException when the kubelet is not responding
     */
    Map<String, List<String>> of(String namespace, String podName) throws IOException;

    /**
     * Returns the devices of ResourceClaims that are prepared for a pod; those of other drivers only for a pod that holds the
     * grant resource.
     *
     * @throws IOException when the kubelet is not responding
     */
    default List<ReportedDevices.ClaimDevice> claimsOf(String namespace, String podName) throws IOException {
        return List.of();
    }

    /**
     * Returns whether a pod holds any device of Holdfast. Used for the pod that a peer names: any peer can cause a
     * call, so the kubelet is not called each time.
     *
     * @return true also for a pod that has just released its devices
     * @throws IOException when the kubelet is not responding
     */
    default boolean holdsAny(String namespace, String podName) throws IOException {
        return !of(namespace, podName).isEmpty()
                || !claimsOf(namespace, podName).isEmpty();
    }

    /** Returns whether the kubelet has been running for long enough to know every pod of its node. */
    default boolean knowsAllPods() {
        return true;
    }
}
