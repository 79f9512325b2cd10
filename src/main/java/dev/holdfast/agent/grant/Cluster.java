package dev.holdfast.agent.grant;

import dev.holdfast.agent.apiserver.ObjectMeta;
import dev.holdfast.agent.grant.decision.PodFacts;
import dev.holdfast.agent.grant.decision.VmFacts;
import java.io.IOException;
import java.util.Optional;

/** Pods and VMs as the API server has them at this moment: a cache would grant to what was deleted a second ago. */
interface Cluster {
    /**
     * Reads a pod's metadata and nothing else of it: for a pod that the peer merely claims to be in.
     *
     * @return empty when there is none
     * @throws IOException when the API server does not answer, or not to us
     */
    Optional<ObjectMeta> podMetadata(String namespace, String name) throws IOException;

    /**
     * Reads a pod that the peer is in.
     *
     * @return empty when there is none
     * @throws IOException when the API server does not answer, or not to us
     */
    Optional<PodFacts> pod(String namespace, String name) throws IOException;

    /**
     * Reads the VM of the pod that the peer is in.
     *
     * @return empty when there is none
     * @throws IOException when the API server does not answer, or not to us
     */
    Optional<VmFacts> vm(String namespace, String name) throws IOException;
}
