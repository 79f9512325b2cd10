package dev.holdfast.agent.plugin;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Who holds what, in the kubelet's own words: the only source of a pod's devices that a grant believes. */
@FunctionalInterface
public interface HeldDevices {
    /**
     * The device IDs that a pod holds now.
     *
     * @param namespace of the pod
     * @param podName   of the pod
     * @return device IDs by extended resource name ({@code holdfast.dev/nvidia-a100}), over all containers of the pod;
     *     empty while the kubelet does not list the pod
     * @throws IOException when the kubelet does not answer
     */
    Map<String, List<String>> of(String namespace, String podName) throws IOException;

    /**
     * Whether a pod holds any of our devices, for a peer that merely claims to be in it: asked by anybody, so the kubelet
     * is not asked each time.
     *
     * @return true also for a pod that has given its devices back a moment ago
     * @throws IOException when the kubelet does not answer
     */
    default boolean holdsAny(String namespace, String podName) throws IOException {
        return !of(namespace, podName).isEmpty();
    }

    /** Whether the kubelet has run for long enough to know of every pod of its node. */
    default boolean knowsAllPods() {
        return true;
    }
}
