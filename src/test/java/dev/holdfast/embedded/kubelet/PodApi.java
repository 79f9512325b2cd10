package dev.holdfast.embedded.kubelet;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Map;

/** What the kubelet writes about its pods. A pod that is gone or another by now is nobody's concern. */
final class PodApi {
    private final KubernetesClient client;

    PodApi(KubernetesClient client) {
        this.client = client;
    }

    void report(Pod pod, PodStatus status) {
        ignoringGone(() -> client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withName(pod.getMetadata().getName())
                        .withNamespace(pod.getMetadata().getNamespace())
                        .withUid(pod.getMetadata().getUid())
                        .endMetadata()
                        .withStatus(status)
                        .build())
                .subresource("status")
                .patch(PatchContext.of(PatchType.JSON_MERGE)));
    }

    /** The final delete: nothing of the pod is left on the node. */
    void remove(Pod pod) {
        String path = "/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/"
                + pod.getMetadata().getName();
        Map<String, Object> options = Map.of(
                "gracePeriodSeconds",
                0,
                "preconditions",
                Map.of("uid", pod.getMetadata().getUid()));
        ignoringGone(() -> client.raw(path, "DELETE", options));
    }

    private static void ignoringGone(Runnable call) {
        try {
            call.run();
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404 && e.getCode() != 409) {
                throw e;
            }
        }
    }
}
