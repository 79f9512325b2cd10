package dev.holdfast.user;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.api.DnsNames;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.regex.Pattern;

/** Reads objects with the rights of the user's kubeconfig. */
public final class UserCluster implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern NAMESPACE = Pattern.compile(DnsNames.LABEL_63);

    private final KubernetesClient client;
    private final String namespace;

    /**
     * Wraps a client, which is closed with this.
     *
     * @param namespace of the user's VMs
     * @throws CommandFailure when no namespace can have this name
     */
    public UserCluster(KubernetesClient client, String namespace) {
        if (!NAMESPACE.matcher(namespace).matches()) {
            throw CommandFailure.input("the name of the namespace must consist of at most 63 lower-case letters, digits"
                    + " and '-'; correct --namespace or the context of the kubeconfig");
        }
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
