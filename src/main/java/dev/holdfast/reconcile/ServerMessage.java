package dev.holdfast.reconcile;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Objects;

/** Message of the API server in a failure. */
final class ServerMessage {
    private ServerMessage() {}

    static String of(KubernetesClientException e) {
        return e.getStatus() != null && e.getStatus().getMessage() != null
                ? e.getStatus().getMessage()
                : Objects.requireNonNullElse(e.getMessage(), e.toString());
    }
}
