package dev.holdfast.user;

import dev.holdfast.text.Quoted;
import dev.holdfast.text.RootCause;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
    private static final Set<String> READING = Set.of("get", "list", "watch");
    private static final Pattern RBAC = Pattern.compile(" cannot ([a-z]+) resource ");

    /** Returns the message for the user. */
    String message(KubernetesClientException e, String server) {
        if (e.getCode() <= 0) {
            return unreachable(e, server);
        }
        return switch (e.getCode()) {
            case HttpURLConnection.HTTP_UNAUTHORIZED ->
                "the API server at %s does not accept the credentials in the kubeconfig; log in again, or choose another --context"
                        .formatted(server);
            case HttpURLConnection.HTTP_FORBIDDEN ->
                missingVerb(e).map(this::missingRight).orElseGet(() -> refused(e));
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
        return missingRight(verb);
    }

    private String missingRight(String missing) {
        String role = READING.contains(missing) ? "view" : "edit";
        return namespace.isEmpty()
                ? "this account may not %s %s, which requires a ClusterRole".formatted(missing, resource)
                : "this account may not %s %s in namespace %s; the role %s has this right: `kubectl create rolebinding USER-%s --clusterrole=%s --user=USER -n %s`"
                        .formatted(missing, resource, namespace, role, role, role, namespace);
    }

    /**
     * Returns the verb that RBAC refused, which for a watch may be that of the list before it. Empty for a refusal by admission,
     * which is also a 403 and has the reason in its message.
     */
    private Optional<String> missingVerb(KubernetesClientException e) {
        return statusMessage(e).isEmpty()
                ? Optional.of(verb)
                : statusMessage(e).map(RBAC::matcher).filter(Matcher::find).map(found -> found.group(1));
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
        Throwable root = RootCause.of(e);
        String cause = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
        return "the API server at %s is not reachable: %s; check the network and the server of the context in the kubeconfig"
                .formatted(server, Quoted.plain(cause, MAX_CHARACTERS));
    }
}
