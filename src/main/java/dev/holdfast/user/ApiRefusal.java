package dev.holdfast.user;

import dev.holdfast.text.Quoted;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Optional;

/**
 * Formats the failure of a request to the API server in one line.
 *
 * @param verb      as in a role: get, patch
 * @param resource  as in a role: passthroughvms, pods/attach
 * @param kind      kind of the object in messages
 * @param namespace empty for a resource of the cluster
 * @param name      empty for a list
 */
record ApiRefusal(String verb, String resource, String kind, String namespace, String name) {
    private static final int MAX_CHARACTERS = 600;

    /** Returns the message for the user. */
    String message(KubernetesClientException e, String server) {
        if (e.getCode() <= 0) {
            return unreachable(e, server);
        }
        return switch (e.getCode()) {
            case HttpURLConnection.HTTP_UNAUTHORIZED ->
                "the API server at %s does not accept the credentials in the kubeconfig; log in again, or choose another --context"
                        .formatted(server);
            case HttpURLConnection.HTTP_FORBIDDEN -> isMissingRight(e) ? missingRight() : refused(e);
            case HttpURLConnection.HTTP_NOT_FOUND ->
                isUnknownKind(e)
                        ? "the API server at %s does not serve %s; install Holdfast in this cluster, or choose another --context"
                                .formatted(server, resource)
                        : "%s %s/%s not found; `kubectl get %s -n %s` lists the existing ones"
                                .formatted(kind, namespace, name, resource, namespace);
            case HttpURLConnection.HTTP_CONFLICT ->
                "%s %s/%s was changed by others each time that it should be written; try again"
                        .formatted(kind, namespace, name);
            default -> refused(e);
        };
    }

    /** Returns the missing right and the role that has it. */
    String missingRight() {
        return namespace.isEmpty()
                ? "this account may not %s %s, which requires a ClusterRole".formatted(verb, resource)
                : "this account may not %s %s in namespace %s; the role %s has this right: `kubectl create rolebinding USER-%s --clusterrole=%s --user=USER -n %s`"
                        .formatted(verb, resource, namespace, role(), role(), role(), namespace);
    }

    private String role() {
        return verb.equals("get") || verb.equals("list") || verb.equals("watch") ? "view" : "edit";
    }

    /** Returns whether RBAC refused; admission also answers 403, with the reason in the message. */
    private boolean isMissingRight(KubernetesClientException e) {
        return statusMessage(e)
                .filter(message -> !message.contains(" cannot %s resource ".formatted(verb)))
                .isEmpty();
    }

    private static boolean isUnknownKind(KubernetesClientException e) {
        return statusMessage(e)
                .filter("the server could not find the requested resource"::equals)
                .isPresent();
    }

    private static String refused(KubernetesClientException e) {
        return "the API server refuses with status %d: %s"
                .formatted(
                        e.getCode(),
                        Quoted.plain(statusMessage(e).orElseGet(() -> String.valueOf(e.getMessage())), MAX_CHARACTERS));
    }

    private static Optional<String> statusMessage(KubernetesClientException e) {
        return Optional.ofNullable(e.getStatus()).map(Status::getMessage);
    }

    private static String unreachable(KubernetesClientException e, String server) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String cause = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
        return "the API server at %s is not reachable: %s; check the network and the server of the context in the kubeconfig"
                .formatted(server, Quoted.plain(cause, MAX_CHARACTERS));
    }
}
