package dev.holdfast.agent.apiserver;

import dev.holdfast.agent.apiserver.Reflector.Projection;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * One request that the server answers with a line for each change, until the time is over that it was asked for. A
 * server that is gone says nothing, and neither does one at rest. So the time is short, and once a bookmark has come,
 * which the server sends every minute from then on, two that are missing are enough.
 *
 * @param <T> what matters of an object
 */
final class Watch<T> implements AutoCloseable {
    private static final int SHORTEST_SECONDS = 300;
    private static final int LONGEST_SECONDS = 420;
    private static final Duration GRACE = Duration.ofSeconds(30);
    private static final Duration WITH_BOOKMARKS = Duration.ofSeconds(150);
    private static final long MAX_EVENT_BYTES = 8L << 20;

    private final StreamedBody body;
    private final LineSplitter lines;
    private final Supplier<Projection<T>> projections;
    private Duration silence;

    private Watch(StreamedBody body, Duration silence, Supplier<Projection<T>> projections) {
        this.body = body;
        this.silence = silence;
        this.projections = projections;
        lines = new LineSplitter(body);
    }

    /**
     * Connects.
     *
     * @param collection its path, with a query if there is one
     * @param version    from which to go on
     */
    static <T> Watch<T> open(
            ApiServer server,
            String collection,
            boolean metadataOnly,
            String version,
            Supplier<Projection<T>> projections)
            throws ApiServerException {
        // Not all agents at the same moment, when the server was away.
        int seconds = ThreadLocalRandom.current().nextInt(SHORTEST_SECONDS, LONGEST_SECONDS);
        String path = collection + (collection.contains("?") ? "&" : "?")
                + "watch=true&allowWatchBookmarks=true&timeoutSeconds=" + seconds + "&resourceVersion=" + version;
        return new Watch<>(
                server.watch(path, metadataOnly), Duration.ofSeconds(seconds).plus(GRACE), projections);
    }

    /**
     * Waits for the next event.
     *
     * @return empty when the server has ended the watch
     * @throws ApiServerException when a line is no event
     * @throws IOException        when the connection broke, or was silent for too long
     */
    Optional<WatchEvent<T>> next() throws IOException {
        body.allow(silence, MAX_EVENT_BYTES);
        if (!lines.nextLine()) {
            return Optional.empty();
        }
        WatchEvent<T> event = ApiJson.read(lines, "an event", json -> WatchEvent.of(json, projections));
        if (event.type().equals("BOOKMARK")) {
            silence = WITH_BOOKMARKS;
        }
        return Optional.of(event);
    }

    @Override
    public void close() {
        body.close();
    }
}
