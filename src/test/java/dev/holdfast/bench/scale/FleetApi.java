package dev.holdfast.bench.scale;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.api.Names;
import dev.holdfast.testbed.cluster.RealControlPlane;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The administrator's access to the API server by plain JSON: the bench shares the machine with what it measures, so it
 * parses little. Thread-safe.
 */
final class FleetApi implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();
    static final Duration RETRY = Duration.ofMillis(200);
    private static final String OBJECT = "application/json";
    private static final String MERGE = "application/merge-patch+json";
    private static final String APPLY = "application/apply-patch+yaml";

    private final String server;
    private final String token;
    private final HttpClient http;
    private volatile boolean closed;

    FleetApi(RealControlPlane controlPlane, String token) {
        this.server = controlPlane.url();
        this.token = token;
        http = HttpClient.newBuilder().sslContext(trust(controlPlane)).build();
    }

    /** Sends an object to its collection and returns the status code of the answer. */
    int create(String collection, String object) {
        return send("POST", collection, OBJECT, object);
    }

    /** Sends an object to its collection as the operator, whose pods have a label that nobody else may set. */
    int createAsOperator(String collection, String object) {
        return send(
                request(collection).header("Impersonate-User", "system:serviceaccount:holdfast:" + Names.OPERATOR),
                "POST",
                OBJECT,
                object);
    }

    int merge(String path, String patch) {
        return send("PATCH", path, MERGE, patch);
    }

    int apply(String path, String fieldManager, String object) {
        return send("PATCH", path + "?force=true&fieldManager=" + fieldManager, APPLY, object);
    }

    /** Applies an object as the agent of a node, whose token names that node. */
    int applyAsAgent(String node, String path, String object) {
        return send(
                request(path + "?force=true&fieldManager=" + Names.AGENT)
                        .header("Impersonate-User", "system:serviceaccount:holdfast:" + Names.AGENT)
                        // It becomes part of a header's name, where a slash may not be.
                        .header("Impersonate-Extra-authentication.kubernetes.io%2Fnode-name", node),
                "PATCH",
                APPLY,
                object);
    }

    /** Ends an object at once, as the kubelet does with a pod of which nothing is left. */
    int remove(String path) {
        return send("DELETE", path, OBJECT, "{\"gracePeriodSeconds\":0}");
    }

    int delete(String path) {
        return send("DELETE", path, OBJECT, "{}");
    }

    JsonNode read(String path) {
        try {
            HttpResponse<InputStream> answer = http.send(request(path).GET().build(), BodyHandlers.ofInputStream());
            try (InputStream body = answer.body()) {
                return JSON.readTree(body);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Reads the changes of a collection from now on, until this client is closed, on a thread of their own. */
    void watch(String collection, Consumer<JsonNode> changed) {
        String query = collection + (collection.contains("?") ? "&" : "?");
        String now = version(read(query + "limit=1"));
        Thread.ofVirtual().name("watch " + collection).start(() -> {
            String version = now;
            while (!closed) {
                version = changes(query, version, changed);
            }
        });
    }

    /** Reads changes until the API server ends the stream, and returns the version to continue from. */
    private String changes(String query, String from, Consumer<JsonNode> changed) {
        String[] version = {from};
        URI path = URI.create(server + query + "watch=1&timeoutSeconds=3600&resourceVersion=" + from);
        try (Stream<String> lines =
                http.send(request(path).GET().build(), BodyHandlers.ofLines()).body()) {
            lines.map(FleetApi::parsed).forEach(event -> {
                // A server that is starting answers with a Status.
                if (!event.has("object") || event.path("type").asText().equals("ERROR")) {
                    throw new UncheckedIOException(new IOException(event.toString()));
                }
                changed.accept(event);
                version[0] = version(event.get("object"));
            });
            return version[0];
        } catch (IOException | UncheckedIOException ended) {
            return closed ? from : all(query, changed);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Reads everything once more, as a client of Kubernetes does when it is too far behind or the server was restarted. */
    private String all(String query, Consumer<JsonNode> changed) {
        JsonNode list = null;
        while (list == null) {
            try {
                list = read(query);
            } catch (UncheckedIOException notNow) {
                LockSupport.parkNanos(RETRY.toNanos());
            }
        }
        for (JsonNode item : list.path("items")) {
            changed.accept(JSON.createObjectNode().put("type", "MODIFIED").set("object", item));
        }
        return version(list);
    }

    private static String version(JsonNode object) {
        return object.at("/metadata/resourceVersion").asText();
    }

    private int send(String method, String path, String type, String body) {
        return send(request(path), method, type, body);
    }

    private int send(HttpRequest.Builder request, String method, String type, String body) {
        try {
            return http.send(
                            request.header("Content-Type", type)
                                    .method(method, BodyPublishers.ofString(body))
                                    .build(),
                            BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private HttpRequest.Builder request(String path) {
        return request(URI.create(server + path));
    }

    private HttpRequest.Builder request(URI uri) {
        return HttpRequest.newBuilder(uri).header("Authorization", "Bearer " + token);
    }

    private static JsonNode parsed(String line) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("the bench was interrupted", e);
    }

    private static SSLContext trust(RealControlPlane controlPlane) {
        try (InputStream pem = Files.newInputStream(controlPlane.certificate())) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            store.setCertificateEntry(
                    "server", CertificateFactory.getInstance("X.509").generateCertificate(pem));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("the API server's certificate cannot be read", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        http.shutdownNow();
    }
}
