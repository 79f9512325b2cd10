package dev.holdfast.agent.grant;

import dev.holdfast.agent.apiserver.ObjectMeta;
import dev.holdfast.agent.dra.ClaimFacts;
import dev.holdfast.agent.grant.decision.PodFacts;
import dev.holdfast.agent.grant.decision.VmFacts;
import dev.holdfast.agent.slice.ForeignDevices;
import java.io.IOException;
import java.util.Optional;

/**
 * Pods and VMs as the API server has them now. There is no cache: with one, a grant could be given to a pod that was
 * just deleted.
 */
interface Cluster {
    /**
     * Reads only the metadata of a pod: used for a pod that the peer names but may not be in.
     *
     * @return empty when the pod does not exist
     * @throws IOException when the API server is not responding, or refuses the request
     */
    Optional<ObjectMeta> podMetadata(String namespace, String name) throws IOException;

    /**
     * Reads a pod that the peer is in.
     *
     * @return empty when the pod does not exist
     * @throws IOException when the API server is not responding, or refuses the request
     */
    Optional<PodFacts> pod(String namespace, String name) throws IOException;

    /**
     * Reads the VM of the pod that the peer is in.
     *
     * @return empty when the VM does not exist
     * @throws IOException when the API server is not responding, or refuses the request
     */
    Optional<VmFacts> vm(String namespace, String name) throws IOException;

    /**
     * Reads a ResourceClaim of the pod that the peer is in.
     *
     * @return empty when the claim does not exist
     * @throws IOException when the API server is not responding, or refuses the request
     */
    Optional<ClaimFacts> claim(String namespace, String name) throws IOException;

    /**
     * Reads the devices that another driver offers on a node.
     *
     * @throws IOException when the API server is not responding, or refuses the request
     */
    ForeignDevices foreignDevices(String node, String driver) throws IOException;
}
