package dev.holdfast.testbed.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.URI;
import java.util.concurrent.ExecutionException;

/** A JSON patch and nothing else: the client's own reads the object first, which not everybody may who may write it. */
public final class JsonPatch {
    private JsonPatch() {}

    /**
     * Puts a whole status in the place of what is there.
     *
     * @param path  of the object
     * @param query with its question mark, or empty
     * @throws KubernetesClientException when the API server refuses
     */
    public static JsonNode setStatus(KubernetesClient client, String path, String query, JsonNode status) {
        ArrayNode patch = Serialization.jsonMapper().createArrayNode();
        patch.addObject().put("op", "add").put("path", "/status").set("value", status);
        var http = client.getHttpClient();
        var request = http.newHttpRequestBuilder()
                .uri(URI.create(client.getMasterUrl() + path.substring(1) + "/status" + query))
                .method("PATCH", "application/json-patch+json", patch.toString())
                .build();
        try {
            HttpResponse<String> response =
                    http.sendAsync(request, String.class).get();
            if (!response.isSuccessful()) {
                throw new KubernetesClientException(Serialization.unmarshal(response.body(), Status.class));
            }
            return Serialization.unmarshal(response.body(), JsonNode.class);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
