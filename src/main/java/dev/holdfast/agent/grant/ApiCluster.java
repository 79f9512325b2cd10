package dev.holdfast.agent.grant;

import dev.holdfast.api.PassthroughVM;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The API server, asked anew each time. A GET without resourceVersion is answered from etcd's quorum. */
public final class ApiCluster implements Cluster {
    private final KubernetesClient client;

    public ApiCluster(KubernetesClient client) {
        this.client = client;
    }

    @Override
    public Optional<Pod> pod(String namespace, String name) throws IOException {
        return ask(() -> client.pods().inNamespace(namespace).withName(name).get());
    }

    @Override
    public Optional<PassthroughVM> vm(String namespace, String name) throws IOException {
        return ask(() -> client.resources(PassthroughVM.class)
                .inNamespace(namespace)
                .withName(name)
                .get());
    }

    private static <T> Optional<T> ask(Supplier<@Nullable T> get) throws IOException {
        try {
            return Optional.ofNullable(get.get());
        } catch (KubernetesClientException e) {
            throw new IOException("The API server did not answer: " + e.getMessage(), e);
        }
    }
}
