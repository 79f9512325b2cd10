package dev.holdfast.agent.grant;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.apiserver.ApiServer;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.agent.apiserver.ObjectPath;
import java.util.Optional;

/** The API server, asked anew each time. */
final class ApiCluster implements Cluster {
    private final ApiServer server;

    ApiCluster(ApiServer server) {
        this.server = server;
    }

    @Override
    public Optional<PodFacts> pod(String namespace, String name) throws ApiServerException {
        return server.get(ObjectPath.pod(namespace, name)).map(PodFacts::of);
    }

    @Override
    public Optional<VmFacts> vm(String namespace, String name) throws ApiServerException {
        Optional<JsonNode> found = server.get(ObjectPath.passthroughVM(namespace, name));
        return found.isEmpty() ? Optional.empty() : Optional.of(VmFacts.of(found.get()));
    }
}
