package dev.holdfast.testbed.kubelet;

import dev.holdfast.testbed.kubelet.container.ClaimedVolume;
import dev.holdfast.testbed.kubelet.container.ContainerProblem;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccountTokenProjection;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The kubelet's writes about its pods, and reads for them. A write about a pod that was deleted or replaced is
 * ignored; a failed read is a problem of the container, and is retried.
 */
final class PodApi implements ProjectedVolume.Sources {
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

    @Override
    public String token(Pod pod, ServiceAccountTokenProjection wanted) throws ContainerProblem {
        List<String> audiences = wanted.getAudience() == null ? List.of() : List.of(wanted.getAudience());
        TokenRequest request = new TokenRequestBuilder()
                .withNewSpec()
                .withAudiences(audiences)
                .withExpirationSeconds(wanted.getExpirationSeconds())
                .withNewBoundObjectRef()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName(pod.getMetadata().getName())
                .withUid(pod.getMetadata().getUid())
                .endBoundObjectRef()
                .endSpec()
                .build();
        return fetching(() -> client.serviceAccounts()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(PodFields.serviceAccount(pod))
                .tokenRequest(request)
                .getStatus()
                .getToken());
    }

    @Override
    public @Nullable ConfigMap configMap(Pod pod, String name) throws ContainerProblem {
        return fetching(() -> client.configMaps()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(name)
                .get());
    }

    /** The keys of a Secret; null when there is none of the name. */
    @Nullable
    Map<String, byte[]> secret(Pod pod, String name) throws ContainerProblem {
        Secret found = fetching(() -> client.secrets()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(name)
                .get());
        if (found == null) {
            return null;
        }
        Map<String, byte[]> keys = new TreeMap<>();
        Objects.requireNonNullElse(found.getData(), Map.<String, String>of())
                .forEach((key, value) -> keys.put(key, Base64.getDecoder().decode(value)));
        return keys;
    }

    /** The keys of a ConfigMap; null when there is none of the name. */
    @Nullable
    Map<String, byte[]> keys(Pod pod, String name) throws ContainerProblem {
        ConfigMap found = configMap(pod, name);
        if (found == null) {
            return null;
        }
        Map<String, byte[]> keys = new TreeMap<>();
        Objects.requireNonNullElse(found.getData(), Map.<String, String>of())
                .forEach((key, value) -> keys.put(key, value.getBytes(StandardCharsets.UTF_8)));
        return keys;
    }

    /** Returns the path of a claim's volume on the node. */
    ClaimedVolume claimed(Pod pod, String name) throws ContainerProblem {
        PersistentVolumeClaim claim = fetching(() -> client.persistentVolumeClaims()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(name)
                .get());
        String volume = claim == null ? null : claim.getSpec().getVolumeName();
        PersistentVolume found = volume == null
                ? null
                : fetching(() -> client.persistentVolumes().withName(volume).get());
        return ClaimedVolume.of(name, claim, found);
    }

    /** Also refusals pass: the API server learns a moment late which node a pod is on. */
    private static <T extends @Nullable Object> T fetching(Supplier<T> request) throws ContainerProblem {
        try {
            return request.get();
        } catch (KubernetesClientException e) {
            throw new ContainerProblem("ContainerCreating", "MountVolume.SetUp failed: " + e.getMessage());
        }
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
