package dev.holdfast.user;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;

/** Reads objects with the rights of the user's kubeconfig. */
public final class UserCluster implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final KubernetesClient client;
    private final String namespace;

    /**
     * Wraps a client, which is closed with this.
     *
     * @param namespace of the user's VMs
     */
    public UserCluster(KubernetesClient client, String namespace) {
        this.client = client;
        this.namespace = namespace;
    }

    KubernetesClient client() {
        return client;
    }

    public String namespace() {
        return namespace;
    }

    /**
     * Reads an object.
     *
     * @param path begins with a slash
     * @throws KubernetesClientException when the API server refuses or is not reachable
     */
    JsonNode get(String path) {
        return parsed(client.raw(path, "GET", null));
    }

    static JsonNode parsed(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw CommandFailure.of("the API server answers with something other than JSON; check the server of the"
                    + " context in the kubeconfig");
        }
    }

    static JsonNode json(Object object) {
        return JSON.valueToTree(object);
    }

    /** Returns the failure of a request. */
    CommandFailure failure(ApiRefusal request, KubernetesClientException e) {
        return CommandFailure.of(
                request.message(e, client.getConfiguration().getMasterUrl().replaceFirst("/+$", "")));
    }

    @Override
    public void close() {
        client.close();
    }
}
