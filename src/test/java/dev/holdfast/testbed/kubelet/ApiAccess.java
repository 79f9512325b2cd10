package dev.holdfast.testbed.kubelet;

import dev.holdfast.testbed.apiserver.MockApiServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Access of this node and its pods to the API server: a real one by TLS and with an identity, the embedded one without.
 *
 * @param url      without a path
 * @param identity null for the embedded API server, which does not authenticate clients
 */
record ApiAccess(URI url, @Nullable Identity identity) {
    /**
     * Identity of the node.
     *
     * @param token file of the node's bearer token
     * @param ca    PEM file of the certificate to trust
     */
    record Identity(Path token, Path ca) {}

    KubernetesClient client() throws IOException {
        if (identity == null) {
            return MockApiServer.client(url.toString());
        }
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(url.toString())
                .withCaCertFile(identity.ca.toString())
                .withOauthToken(Files.readString(identity.token).strip())
                .withNamespace("default")
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    /** Returns whether list and watch support a field selector, as a Node may only list its own pods. */
    boolean knowsFieldSelectors() {
        return identity != null;
    }

    /**
     * Environment variables for a pod's clients. The kubelet gives every pod the variables of the Service of the API server; no
     * proxy serves it here, hence the address itself. The embedded API server is not such a Service, has no tokens either,
     * and its address is passed to every pod that would get one.
     */
    Map<String, String> environment(Pod pod) {
        if (identity != null) {
            return Map.of("KUBERNETES_SERVICE_HOST", url.getHost(), "KUBERNETES_SERVICE_PORT", "" + url.getPort());
        }
        return Boolean.FALSE.equals(pod.getSpec().getAutomountServiceAccountToken())
                ? Map.of()
                : Map.of(
                        "KUBERNETES_MASTER",
                        url.toString(),
                        "KUBERNETES_NAMESPACE",
                        pod.getMetadata().getNamespace());
    }
}
