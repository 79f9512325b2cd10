package dev.holdfast.agent.grant;

import java.io.IOException;
import java.util.Optional;

/** Pods and VMs as the API server has them at this moment: a cache would grant to what was deleted a second ago. */
interface Cluster {
    /**
     * Empty when there is none.
     *
     * @throws IOException when the API server does not answer, or not to us
     */
    Optional<PodFacts> pod(String namespace, String name) throws IOException;

    /**
     * Empty when there is none.
     *
     * @throws IOException when the API server does not answer, or not to us
     */
    Optional<VmFacts> vm(String namespace, String name) throws IOException;
}
