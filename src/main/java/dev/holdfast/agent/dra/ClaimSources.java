package dev.holdfast.agent.dra;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.ObjectPath;
import dev.holdfast.agent.plugin.PodResourcesClient;
import dev.holdfast.agent.plugin.ReportedDevices;
import java.io.IOException;
import java.util.Optional;

/** Facts that decide about a claim, read at each call: the scheduler and other pods do not wait for the agent. */
public interface ClaimSources {
    /** Returns the sources of the running agent. */
    static ClaimSources of(ApiClient server, PodResourcesClient podResources) {
        return new ClaimSources() {
            @Override
            public Optional<ClaimFacts> claim(String namespace, String name) throws IOException {
                return server.get(ObjectPath.resourceClaim(namespace, name), ClaimFacts::read);
            }

            @Override
            public ReportedDevices held() throws IOException {
                return podResources.devices();
            }
        };
    }

    /**
     * Reads a claim.
     *
     * @return empty when it does not exist
     * @throws IOException when the API server is not responding, or refuses the request
     */
    Optional<ClaimFacts> claim(String namespace, String name) throws IOException;

    /**
     * Asks the kubelet for the devices that pods hold.
     *
     * @throws IOException when the kubelet is not responding
     */
    ReportedDevices held() throws IOException;
}
