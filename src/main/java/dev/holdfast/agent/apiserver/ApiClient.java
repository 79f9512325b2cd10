package dev.holdfast.agent.apiserver;

import dev.holdfast.agent.apiserver.JsonFields.Decoder;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
 * Client of the API server, by JSON over HTTP. Answers are read as they arrive, up to a bound, and never held as a
 * whole. Nothing is retried: the caller knows better when to retry. Thread-safe.
 */
public final class ApiClient implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ApiClient.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration LIST_PATIENCE = Duration.ofSeconds(60);
    private static final int NOT_FOUND = 404;
    private static final int FIRST_FAILURE = 300;

    /** Maximum size of an object: etcd accepts 1.5 MiB; a built-in kind takes less space there than as JSON. */
    private static final long MAX_OBJECT_BYTES = 8L << 20;

    private static final long MAX_LIST_BYTES = 256L << 20;
    private static final long MAX_STATUS_BYTES = 64L << 10;
    private static final int MAX_REASON_LENGTH = 2048;

    private static final String JSON = "application/json";
    /**
     * Accepted types; a server that does not know the first answers with the second, in which the same fields are read.
     */
    private static final String METADATA = JSON + ";as=PartialObjectMetadata;g=meta.k8s.io;v=v1," + JSON;

    private static final String METADATA_LIST = JSON + ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1," + JSON;

    private final InClusterConfig access;
    private final HttpClient http;
    /**
     * Threads of the HTTP client. Its tasks never block, so two are sufficient; its default is one per concurrent
     * request.
     */
    private final ExecutorService threads = Executors.newFixedThreadPool(
            2, Thread.ofPlatform().daemon().name("api-server-", 0).factory());

    /**
     * Creates the client; it does not connect yet.
     *
     * @throws IOException when the server's certificates cannot be read
     */
    public ApiClient(InClusterConfig access) throws IOException {
        this.access = access;
        // In HTTP/1.1 each watch needs its own connection; the few other requests do not justify HTTP/2.
        HttpClient.Builder builder =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE);
        if (access.certificates() != null) {
            builder.sslContext(CaTrust.in(access.certificates()));
        }
        http = builder.executor(threads).build();
    }

    /**
     * Reads the current object: without a resourceVersion the server answers from the quorum of etcd.
     *
     * @return empty when it does not exist
     */
    public <T> Optional<T> get(String path, Decoder<T> decoder) throws ApiServerException {
        return read(request(path, JSON), PATIENCE, MAX_OBJECT_BYTES, decoder);
    }

    /** Reads the object as a record of Holdfast: only for objects that no user writes. */
    public <T> Optional<T> get(Class<T> type, String path) throws ApiServerException {
        return get(path, ApiJson.as(type));
    }

    /** Reads the metadata of the object; the server sends nothing else. */
    public <T> Optional<T> metadata(String path, Decoder<T> decoder) throws ApiServerException {
        return read(request(path, METADATA), PATIENCE, MAX_OBJECT_BYTES, decoder);
    }

    /**
     * Reads a whole collection, as {@link #get} reads an object. Objects that cannot be decoded are left out.
     *
     * @return empty when the server does not serve the collection
     */
    public <T> Optional<List<T>> list(Reflector.Collection<T> collection) throws ApiServerException {
        return Listing.read(
                        this, collection, skipped -> log.debug("left out {}: {}", skipped.name(), skipped.problem()))
                .map(listing -> List.copyOf(listing.objects().values()));
    }

    /** Reads a collection, or the metadata of its objects. */
    <T> Optional<T> list(String path, boolean metadataOnly, Decoder<T> decoder) throws ApiServerException {
        return read(request(path, metadataOnly ? METADATA_LIST : JSON), LIST_PATIENCE, MAX_LIST_BYTES, decoder);
    }

    /**
     * Opens the stream of a collection's changes, one JSON object per line.
     *
     * @param path including the query
     */
    StreamedBody watch(String path, boolean metadataOnly) throws ApiServerException {
        HttpRequest request =
                request(path, metadataOnly ? METADATA : JSON).GET().build();
        return successful(send(request)).body();
    }

    /**
     * Applies an object by server-side apply with force: what is applied has no other writer.
     *
     * @param body object with apiVersion, kind and metadata.name
     */
    public void apply(String path, String fieldManager, Object body) throws ApiServerException {
        write(request(path + "?force=true&fieldManager=" + fieldManager, METADATA)
                .header("Content-Type", "application/apply-patch+yaml")
                .method("PATCH", BodyPublishers.ofByteArray(ApiJson.write(body)))
                .build());
    }

    /** Creates an object in the collection at {@code path}. */
    public void create(String path, Object body) throws ApiServerException {
        write(request(path, METADATA)
                .header("Content-Type", JSON)
                .POST(BodyPublishers.ofByteArray(ApiJson.write(body)))
                .build());
    }

    /**
     * Replaces an object.
     *
     * @param body with metadata.resourceVersion: with another version the server answers with a conflict
     */
    public void replace(String path, Object body) throws ApiServerException {
        write(request(path, METADATA)
                .header("Content-Type", JSON)
                .PUT(BodyPublishers.ofByteArray(ApiJson.write(body)))
                .build());
    }

    /** Deletes an object unless it has changed since this resourceVersion: then the server answers with a conflict. */
    public void delete(String path, String resourceVersion) throws ApiServerException {
        Map<String, Object> options = Map.of("preconditions", Map.of("resourceVersion", resourceVersion));
        write(request(path, METADATA)
                .header("Content-Type", JSON)
                .method("DELETE", BodyPublishers.ofByteArray(ApiJson.write(options)))
                .build());
    }

    private HttpRequest.Builder request(String path, String accept) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(uri(path)).header("Accept", accept);
        access.headers().get().forEach(builder::header);
        return builder;
    }

    private URI uri(String path) {
        return URI.create(access.server() + path);
    }

    private <T> Optional<T> read(HttpRequest.Builder asked, Duration patience, long bytes, Decoder<T> decoder)
            throws ApiServerException {
        HttpRequest request = asked.GET().build();
        HttpResponse<StreamedBody> response = send(request);
        if (response.statusCode() == NOT_FOUND) {
            end(response);
            return Optional.empty();
        }
        try (StreamedBody body = successful(response).body()) {
            body.allow(patience, bytes);
            return Optional.of(ApiJson.read(body, "the answer to " + line(request), decoder));
        } catch (ApiServerException e) {
            throw e;
        } catch (IOException e) {
            throw unanswered(request, message(e), e);
        }
    }

    private void write(HttpRequest request) throws ApiServerException {
        end(successful(send(request)));
    }

    /** Sends a request and waits for the headers; a body has its own deadline. */
    private HttpResponse<StreamedBody> send(HttpRequest request) throws ApiServerException {
        CompletableFuture<HttpResponse<StreamedBody>> answer = http.sendAsync(request, any -> new StreamedBody());
        try {
            return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            abandon(answer);
            Thread.currentThread().interrupt();
            throw unanswered(request, "the agent is stopping", e);
        } catch (TimeoutException e) {
            abandon(answer);
            throw unanswered(request, "no answer within " + PATIENCE.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            throw unanswered(request, message(e.getCause()), e.getCause());
        }
    }

    /** Closes the answer even when it arrives in this moment. */
    private static void abandon(CompletableFuture<HttpResponse<StreamedBody>> answer) {
        answer.whenComplete((late, failure) ->
                Optional.ofNullable(late).ifPresent(response -> response.body().close()));
        answer.cancel(true);
    }

    private static HttpResponse<StreamedBody> successful(HttpResponse<StreamedBody> response)
            throws ApiServerException {
        if (response.statusCode() < FIRST_FAILURE) {
            return response;
        }
        throw new ApiServerException(
                response.statusCode(),
                "the API server answered %s with status %d: %s"
                        .formatted(line(response.request()), response.statusCode(), reason(response)));
    }

    /** Returns the reason of a failure. A proxy, or a server that is about to stop, answers without JSON. */
    private static String reason(HttpResponse<StreamedBody> response) {
        String[] reason = {null};
        try (StreamedBody body = response.body()) {
            body.allow(PATIENCE, MAX_STATUS_BYTES);
            ApiJson.read(body, "the status", status -> {
                JsonFields.read(status, (field, json) -> {
                    if (field.equals("message")) {
                        reason[0] = JsonFields.text(json, MAX_REASON_LENGTH);
                    }
                });
                return status;
            });
        } catch (IOException e) {
            log.debug("the body of a failure is not JSON", e);
        }
        return Objects.requireNonNullElse(reason[0], "no reason given");
    }

    /** Reads the rest of an answer, so that the connection can be reused. */
    private static void end(HttpResponse<StreamedBody> response) {
        try (StreamedBody body = response.body()) {
            body.allow(PATIENCE, MAX_OBJECT_BYTES);
            log.atTrace()
                    .addKeyValue("bytes", body.transferTo(OutputStream.nullOutputStream()))
                    .log("read to the end");
        } catch (IOException e) {
            log.debug("the rest of an answer was not read; its connection is closed", e);
        }
    }

    private static ApiServerException unanswered(HttpRequest request, String why, @Nullable Throwable cause) {
        return new ApiServerException("the API server did not answer %s: %s".formatted(line(request), why), cause);
    }

    private static String line(HttpRequest request) {
        return request.method() + " " + request.uri().getPath();
    }

    /** Returns the message of a failure; connection failures of the JDK have none. */
    static String message(@Nullable Throwable failure) {
        return failure == null
                ? "unknown"
                : Objects.requireNonNullElse(
                        failure.getMessage(), failure.getClass().getSimpleName());
    }

    /** Ends all requests. */
    @Override
    public void close() {
        http.shutdownNow();
        http.close();
        threads.shutdown();
    }
}
