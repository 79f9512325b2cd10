package dev.holdfast.agent.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API server, by JSON over HTTP. Nothing is tried twice: who asks knows better when to ask again. For any thread.
 */
public final class ApiServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ApiServer.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int NOT_FOUND = 404;
    private static final int FIRST_FAILURE = 300;

    private final ApiAccess access;
    private final HttpClient http;
    /** What it has to do never waits, so two are enough; its own choice has as many as there were ever requests at once. */
    private final ExecutorService threads = Executors.newFixedThreadPool(
            2, Thread.ofPlatform().daemon().name("api-server-", 0).factory());

    /**
     * Does not connect yet.
     *
     * @throws IOException when the server's certificates cannot be read
     */
    public ApiServer(ApiAccess access) throws IOException {
        this.access = access;
        // A watch needs a connection of its own in HTTP/1.1; what is left would not be worth the machinery of HTTP/2.
        HttpClient.Builder builder =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE);
        if (access.certificates() != null) {
            builder.sslContext(Trust.in(access.certificates()));
        }
        http = builder.executor(threads).build();
    }

    /**
     * The object, or list, as the server has it now: without a resourceVersion it answers from etcd's quorum.
     *
     * @return empty when there is none
     */
    public Optional<JsonNode> get(String path) throws ApiServerException {
        return get(ObjectNode.class, path).map(JsonNode.class::cast);
    }

    /** The same as one of our records: a big object is never a tree of nodes, which takes ten times its text. */
    public <T> Optional<T> get(Class<T> type, String path) throws ApiServerException {
        HttpResponse<byte[]> response = send(request(path).GET().build());
        return response.statusCode() == NOT_FOUND
                ? Optional.empty()
                : Optional.of(ApiJson.read(type, successful(response).body()));
    }

    /**
     * Server-side apply, by force: what is applied here has no other writer.
     *
     * @param body with apiVersion, kind and metadata.name
     */
    public void apply(String path, String fieldManager, Object body) throws ApiServerException {
        successful(send(request(path + "?force=true&fieldManager=" + fieldManager)
                .header("Content-Type", "application/apply-patch+yaml")
                .method("PATCH", BodyPublishers.ofByteArray(ApiJson.write(body)))
                .build()));
    }

    /** Creates an object in the collection at {@code path}. */
    public void create(String path, Object body) throws ApiServerException {
        successful(send(request(path)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(ApiJson.write(body)))
                .build()));
    }

    /**
     * A stream of a collection's changes, each a text of its own.
     *
     * @param path with the query
     */
    WebSocket watch(String path, WebSocket.Listener listener) throws ApiServerException, InterruptedException {
        WebSocket.Builder builder = http.newWebSocketBuilder();
        access.headers().get().forEach(builder::header);
        URI uri = URI.create("ws" + uri(path).toString().substring("http".length()));
        CompletableFuture<WebSocket> socket = builder.buildAsync(uri, listener);
        try {
            return socket.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            socket.whenComplete((late, failure) -> Optional.ofNullable(late).ifPresent(WebSocket::abort));
            throw new ApiServerException(
                    "The API server did not answer a watch within " + PATIENCE.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof WebSocketHandshakeException refused
                    ? new ApiServerException(
                            refused.getResponse().statusCode(),
                            "The API server refused a watch with status "
                                    + refused.getResponse().statusCode())
                    : new ApiServerException("The API server cannot be watched: " + words(e.getCause()), e.getCause());
        }
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(uri(path)).header("Accept", "application/json");
        access.headers().get().forEach(builder::header);
        return builder;
    }

    private URI uri(String path) {
        return URI.create(access.server() + path);
    }

    /** The time is for the whole answer: a request's own timeout ends with the headers. */
    private HttpResponse<byte[]> send(HttpRequest request) throws ApiServerException {
        CompletableFuture<HttpResponse<byte[]>> answer = http.sendAsync(request, BodyHandlers.ofByteArray());
        try {
            return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw unanswered(request, "the agent stops", e);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw unanswered(request, "nothing came within " + PATIENCE.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            throw unanswered(request, words(e.getCause()), e.getCause());
        }
    }

    private static HttpResponse<byte[]> successful(HttpResponse<byte[]> response) throws ApiServerException {
        if (response.statusCode() < FIRST_FAILURE) {
            return response;
        }
        throw new ApiServerException(
                response.statusCode(),
                "The API server answered %s with status %d: %s"
                        .formatted(line(response.request()), response.statusCode(), reason(response.body())));
    }

    /** A proxy in between, or a server that is about to stop, answers in plain words. */
    private static String reason(byte[] body) {
        try {
            return ApiJson.read(ObjectNode.class, body).path("message").asText("no reason given");
        } catch (ApiServerException e) {
            log.debug("not even JSON", e);
            return "no reason given";
        }
    }

    private static ApiServerException unanswered(HttpRequest request, String why, @Nullable Throwable cause) {
        return new ApiServerException("The API server did not answer %s: %s".formatted(line(request), why), cause);
    }

    private static String line(HttpRequest request) {
        return request.method() + " " + request.uri().getPath();
    }

    /** Connection failures of the JDK bear no message of their own. */
    static String words(@Nullable Throwable failure) {
        return failure == null
                ? "unknown"
                : Objects.requireNonNullElse(
                        failure.getMessage(), failure.getClass().getSimpleName());
    }

    /** Ends what is under way. */
    @Override
    public void close() {
        http.shutdownNow();
        http.close();
        threads.shutdown();
    }
}
