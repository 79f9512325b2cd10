package dev.holdfast.user;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.Names;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.ExecListener;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.http.WebSocketHandshakeException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** The running pod of a VM. */
public final class PodAccess {
    private final UserCluster cluster;
    private final String name;

    private PodAccess(UserCluster cluster, String name) {
        this.cluster = cluster;
        this.name = name;
    }

    /**
     * Finds the pod of a VM.
     *
     * @throws CommandFailure when the pod cannot be read, or its machine does not run
     */
    public static PodAccess of(UserCluster cluster, VmView vm) {
        String name = vm.podName();
        JsonNode pod;
        try {
            pod = cluster.get("/api/v1/namespaces/%s/pods/%s".formatted(cluster.namespace(), name));
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                throw notRunning(vm);
            }
            throw cluster.failure(new ApiRefusal("get", "pods", "Pod", cluster.namespace(), name), e);
        }
        if (!pod.at("/status/phase").asText().equals("Running")) {
            throw notRunning(vm);
        }
        return new PodAccess(cluster, name);
    }

    private static CommandFailure notRunning(VmView vm) {
        return CommandFailure.of("%s does not run: %s; `holdfast why -n %s %s` shows what is in the way"
                .formatted(vm.title(), vm.summary(), vm.namespace(), vm.name()));
    }

    /**
     * Attaches to the terminal of the container that is the machine.
     *
     * @throws CommandFailure when the API server refuses
     */
    public ExecWatch attach(OutputStream screen, ExecListener listener) {
        ApiRefusal request = new ApiRefusal("create", "pods/attach", "Pod", cluster.namespace(), name);
        try {
            return cluster.client()
                    .pods()
                    .inNamespace(cluster.namespace())
                    .withName(name)
                    .inContainer(Names.QEMU_CONTAINER)
                    .withReadyWaitTimeout(0)
                    .redirectingInput()
                    .writingOutput(screen)
                    .withTTY()
                    .usingListener(listener)
                    .attach();
        } catch (KubernetesClientException e) {
            throw handshake(e).map(code -> refused(request, code)).orElseGet(() -> cluster.failure(request, e));
        }
    }

    /** Returns the failure of a handshake, whose answer has no message. */
    private static CommandFailure refused(ApiRefusal request, int code) {
        return CommandFailure.of(
                code == HttpURLConnection.HTTP_FORBIDDEN
                        ? request.missingRight()
                        : "the API server answers the request for the console with status %d; check that the node's kubelet is reachable from it"
                                .formatted(code));
    }

    /** Returns the status of a refused handshake; the client library wraps it in an exception without a status. */
    private static Optional<Integer> handshake(Throwable e) {
        return Stream.<Throwable>iterate(e, Objects::nonNull, Throwable::getCause)
                .filter(WebSocketHandshakeException.class::isInstance)
                .map(cause ->
                        ((WebSocketHandshakeException) cause).getResponse().code())
                .findFirst();
    }
}
