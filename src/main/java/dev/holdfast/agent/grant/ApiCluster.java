package dev.holdfast.agent.grant;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.agent.apiserver.ObjectMeta;
import dev.holdfast.agent.apiserver.ObjectPath;
import dev.holdfast.agent.dra.ClaimFacts;
import dev.holdfast.agent.grant.decision.PodFacts;
import dev.holdfast.agent.grant.decision.VmFacts;
import dev.holdfast.agent.slice.ForeignDevices;
import java.util.Optional;

/** Reads from the API server at each call. */
final class ApiCluster implements Cluster {
    private final ApiClient server;

    ApiCluster(ApiClient server) {
        this.server = server;
    }

    @Override
    public Optional<ObjectMeta> podMetadata(String namespace, String name) throws ApiServerException {
        return server.metadata(ObjectPath.pod(namespace, name), ObjectMeta::ofObject);
    }

    @Override
    public Optional<PodFacts> pod(String namespace, String name) throws ApiServerException {
        return server.get(ObjectPath.pod(namespace, name), PodFacts::read);
    }

    @Override
    public Optional<VmFacts> vm(String namespace, String name) throws ApiServerException {
        return server.get(ObjectPath.passthroughVM(namespace, name), VmFacts::read);
    }

    @Override
    public Optional<ClaimFacts> claim(String namespace, String name) throws ApiServerException {
        return server.get(ObjectPath.resourceClaim(namespace, name), ClaimFacts::read);
    }

    @Override
    public ForeignDevices foreignDevices(String node, String driver) throws ApiServerException {
        return ObjectPath.isName(driver)
                ? server.get(
                                ObjectPath.firstResourceSlicesOf(node, driver, ForeignDevices.MAX_SLICES),
                                ForeignDevices::read)
                        .orElse(ForeignDevices.NONE)
                : ForeignDevices.NONE;
    }
}
