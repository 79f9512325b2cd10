package dev.holdfast.agent.apiserver;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where the API server is and who asks.
 *
 * @param server       {@code https://host:port}, without a path
 * @param certificates the PEM file by which the server is trusted; null for the JDK's own
 * @param headers      goes with every request; asked anew each time, since a pod's token lasts an hour
 */
public record InClusterConfig(URI server, @Nullable Path certificates, Supplier<Map<String, String>> headers) {

    /** Where the kubelet puts a pod's service account (kubernetes.io, Accessing the API from a Pod). */
    private static final Path SERVICE_ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    /** What a pod has; or the address alone by KUBERNETES_MASTER, for a server that asks nobody who they are. */
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
                    "Found no API server: %s; run the agent by its DaemonSet, or give the address of a server"
                                    .formatted(
                                            host == null
                                                    ? "KUBERNETES_SERVICE_HOST is not set"
                                                    : "there is no token at " + token)
                            + " without authentication by KUBERNETES_MASTER.");
        }
        String port = environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443");
        return new InClusterConfig(
                URI.create("https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port),
                serviceAccount.resolve("ca.crt"),
                () -> bearer(token));
    }

    /** A server that asks nobody who they are. */
    public static InClusterConfig at(URI server) {
        return new InClusterConfig(server, null, Map::of);
    }

    /** Without a token the server says what is missing; that is clearer than a failure here. */
    private static Map<String, String> bearer(Path token) {
        try {
            return Map.of("Authorization", "Bearer " + Files.readString(token).strip());
        } catch (IOException e) {
            return Map.of();
        }
    }
}
