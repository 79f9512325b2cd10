package dev.holdfast.agent.apiserver;

import dev.holdfast.agent.apiserver.Reflector.Projection;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * Watch request, which the server answers with one line per change until the requested time is over. A server that is
 * gone sends nothing, and neither does one without changes. So the time is short, and after the first bookmark, which
 * the server then sends every minute, two missing bookmarks end the watch.
 *
 * @param <T> projection of an object
 */
final class Watch<T> implements AutoCloseable {
    private static final int MIN_SECONDS = 300;
    private static final int MAX_SECONDS = 420;
    private static final Duration GRACE = Duration.ofSeconds(30);
    private static final Duration WITH_BOOKMARKS = Duration.ofSeconds(150);
    private static final long MAX_EVENT_BYTES = 8L << 20;

    private final StreamedBody body;
    private final LineSplitter lines;
    private final Supplier<Projection<T>> projections;
    private Duration maxSilence;

    private Watch(StreamedBody body, Duration maxSilence, Supplier<Projection<T>> projections) {
        this.body = body;
        this.maxSilence = maxSilence;
        this.projections = projections;
        lines = new LineSplitter(body);
    }

    /**
     * Opens the watch.
     *
     * @param collection path, with an optional query
     * @param version    version from which to continue
     */
    static <T> Watch<T> open(
            ApiClient server,
            String collection,
            boolean metadataOnly,
            String version,
            Supplier<Projection<T>> projections)
            throws ApiServerException {
        // A random time, so that not all agents reconnect at the same moment after an outage.
        int seconds = ThreadLocalRandom.current().nextInt(MIN_SECONDS, MAX_SECONDS);
        String path = collection + (collection.contains("?") ? "&" : "?")
                + "watch=true&allowWatchBookmarks=true&timeoutSeconds=" + seconds + "&resourceVersion=" + version;
        return new Watch<>(
                server.watch(path, metadataOnly), Duration.ofSeconds(seconds).plus(GRACE), projections);
    }

    /**
     * Waits for the next event.
     *
     * @return empty when the server has ended the watch
     * @throws ApiServerException when a line is not an event
     * @throws IOException when the connection failed, or was silent for too long
     */
    Optional<WatchEvent<T>> next() throws IOException {
        body.allow(maxSilence, MAX_EVENT_BYTES);
        if (!lines.nextLine()) {
            return Optional.empty();
        }
        WatchEvent<T> event = ApiJson.read(lines, "an event", json -> WatchEvent.of(json, projections));
        if (event.type().equals("BOOKMARK")) {
            maxSilence = WITH_BOOKMARKS;
        }
        return Optional.of(event);
    }

    @Override
    public void close() {
        body.close();
    }
}
