package dev.holdfast.reconcile;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Optional;

/** Reads and writes the pod of a VM at the API server, without a cache. */
final class PodClient {
    private final KubernetesClient client;

    PodClient(KubernetesClient client) {
        this.client = client;
    }

    /** Returns the pod of the VM's name, with any owner. */
    Optional<Pod> read(PassthroughVM vm) {
        return Optional.ofNullable(client.pods()
                .inNamespace(vm.getMetadata().getNamespace())
                .withName(vm.getMetadata().getName())
                .get());
    }

    /** Creates the Secret. An existing one of that name has the same content, as the name has the generation and Secrets are immutable. */
    void create(Secret secret) {
        try {
            client.resource(secret).create();
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw e;
            }
        }
    }

    /**
     * Deletes the pod gracefully, and only the one with this UID: the precondition protects a successor of the same name. The
     * client's own delete() has no precondition for the UID.
     */
    void delete(PassthroughVM vm, DeletePod pod) {
        String path = "/api/v1/namespaces/%s/pods/%s".formatted(vm.getMetadata().getNamespace(), pod.name());
        try {
            client.raw(
                    path,
                    "DELETE",
                    new DeleteOptionsBuilder()
                            .withNewPreconditions()
                            .withUid(pod.uid())
                            .withResourceVersion(pod.resourceVersion().orElse(null))
                            .endPreconditions()
                            .build());
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
        }
    }
}
