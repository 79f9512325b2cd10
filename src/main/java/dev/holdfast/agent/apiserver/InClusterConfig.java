package dev.holdfast.agent.apiserver;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Address of the API server and credentials for it.
 *
 * @param server       {@code https://host:port}, without a path
 * @param certificates PEM file of trusted certificate authorities; null for those of the JDK
 * @param headers      headers of every request; called for each, since a pod's token expires after an hour
 */
public record InClusterConfig(URI server, @Nullable Path certificates, Supplier<Map<String, String>> headers) {

    /** Directory of the service account in a pod (kubernetes.io, Accessing the Kubernetes API from a Pod). */
    private static final Path SERVICE_ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    /**
     * Returns the configuration of a pod; or that of KUBERNETES_MASTER, the address of a server without authentication.
     */
    public static InClusterConfig of(Map<String, String> environment) throws IOException {
        return of(environment, SERVICE_ACCOUNT);
    }

    static InClusterConfig of(Map<String, String> environment, Path serviceAccount) throws IOException {
        String master = environment.get("KUBERNETES_MASTER");
        if (master != null) {
            return at(URI.create(master));
        }
        String host = environment.get("KUBERNETES_SERVICE_HOST");
        Path token = serviceAccount.resolve("token");
        if (host == null || !Files.isReadable(token)) {
            throw new IOException(
                    "API server not found: %s; run the agent by its DaemonSet, or set KUBERNETES_MASTER to the address"
                                    .formatted(
                                            host == null
                                                    ? "KUBERNETES_SERVICE_HOST is not set"
                                                    : "no token at " + token)
                            + " of a server without authentication");
        }
        String port = environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443");
        return new InClusterConfig(
                URI.create("https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port),
                serviceAccount.resolve("ca.crt"),
                () -> bearer(token));
    }

    /** Returns the configuration of a server without authentication. */
    public static InClusterConfig at(URI server) {
        return new InClusterConfig(server, null, Map::of);
    }

    /**
     * Returns the authorization header; none without a token, since the refusal of the server is clearer than a failure
     * here.
     */
    private static Map<String, String> bearer(Path token) {
        try {
            return Map.of("Authorization", "Bearer " + Files.readString(token).strip());
        } catch (IOException e) {
            return Map.of();
        }
    }
}
