package dev.holdfast.agent.grant;

import dev.holdfast.api.PassthroughVM;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.util.Optional;

/** Pods and VMs as the API server has them at this moment: a cache would grant to what was deleted a second ago. */
public interface Cluster {
    /**
     * Empty when there is none.
     *
     * @throws IOException when the API server does not answer, or not to us
     */
    Optional<Pod> pod(String namespace, String name) throws IOException;

    /**
     * Empty when there is none.
     *
     * @throws IOException when the API server does not answer, or not to us
     */
    Optional<PassthroughVM> vm(String namespace, String name) throws IOException;
}
