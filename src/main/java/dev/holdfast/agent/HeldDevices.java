package dev.holdfast.agent;

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
}
