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

/** The pod of a VM at the API server itself, past every cache. */
final class VmPods {
    private final KubernetesClient client;

    VmPods(KubernetesClient client) {
        this.client = client;
    }

    /** The pod of the VM's name, whoever's it is. */
    Optional<Pod> read(PassthroughVM vm) {
        return Optional.ofNullable(client.pods()
                .inNamespace(vm.getMetadata().getNamespace())
                .withName(vm.getMetadata().getName())
                .get());
    }

    /** One of that name is the same: its name tells what it was made from, and it cannot be changed. */
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
     * Gracefully, and only the pod that was meant: the precondition keeps a successor of the same name alive. The
     * client's own delete() has none for the UID.
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
