package dev.holdfast.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.concurrent.ExecutionException;

/**
 * Writes a status by a JSON patch where server-side apply fails: apply converts the whole live object to the types of the
 * current schema first, and answers 500 when the spec was stored under another one. The client's own patch reads the object
 * first, which the operator is not permitted to.
 */
final class StatusReplacement {
    /** Message of apimachinery, pkg/util/managedfields/internal/typeconverter.go and structuredmerge.go. */
    private static final String UNTYPED = "failed to create typed live object";

    private StatusReplacement() {}

    static boolean isNeeded(KubernetesClientException e) {
        return e.getCode() == HttpURLConnection.HTTP_INTERNAL_ERROR
                && String.valueOf(e.getMessage()).contains(UNTYPED);
    }

    /**
     * Replaces the stored status.
     *
     * @param meta metadata with the UID and the resourceVersion that the object must have
     * @throws KubernetesClientException with 409 when the object has others
     */
    static void write(KubernetesClient client, ObjectMeta meta, PassthroughVMStatus status) {
        ArrayNode patch = Serialization.jsonMapper().createArrayNode();
        replace(patch, "/metadata/uid", patch.textNode(meta.getUid()));
        replace(patch, "/metadata/resourceVersion", patch.textNode(meta.getResourceVersion()));
        replace(patch, "/status", Serialization.jsonMapper().valueToTree(status));
        String path = "apis/%s/namespaces/%s/%s/%s/status"
                .formatted(
                        HasMetadata.getApiVersion(PassthroughVM.class),
                        meta.getNamespace(),
                        HasMetadata.getPlural(PassthroughVM.class),
                        meta.getName());
        var http = client.getHttpClient();
        var request = http.newHttpRequestBuilder()
                .uri(URI.create(client.getMasterUrl() + path))
                .method("PATCH", "application/json-patch+json", patch.toString())
                .build();
        try {
            HttpResponse<String> response =
                    http.sendAsync(request, String.class).get();
            if (!response.isSuccessful()) {
                throw new KubernetesClientException(Serialization.unmarshal(response.body(), Status.class));
            }
        } catch (ExecutionException e) {
            throw new KubernetesClientException("status cannot be replaced", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KubernetesClientException("interrupted while the status was replaced", e);
        }
    }

    private static void replace(ArrayNode patch, String path, JsonNode value) {
        patch.addObject().put("op", "add").put("path", path).set("value", value);
    }
}
