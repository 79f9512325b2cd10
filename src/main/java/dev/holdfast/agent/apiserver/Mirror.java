package dev.holdfast.agent.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.Pace;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What matters of a collection's objects, kept as the API server has it: listed, then watched, and listed anew whenever
 * a watch ends, as the server ends each after some minutes.
 *
 * @param <T> what matters; equal when nothing that matters has changed
 */
public final class Mirror<T> implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Mirror.class);

    private final ApiServer server;
    private final String collection;
    private final Projection<T> projection;
    private final Thread thread;
    private volatile @Nullable Map<String, T> known;
    private volatile Runnable changed = () -> {};

    /** What matters of an object. */
    public interface Projection<T> {
        T of(JsonNode object) throws ApiServerException;
    }

    /**
     * Does not connect before {@link #start}.
     *
     * @param collection its path, with a query if there is one
     * @param what       for the log: the plural of the kind
     */
    public Mirror(ApiServer server, String collection, String what, Projection<T> projection) {
        this.server = server;
        this.collection = collection;
        this.projection = projection;
        thread = Thread.ofPlatform().daemon().name("watch-" + what).unstarted(this::follow);
    }

    /**
     * Starts to follow, and does not wait for the API server.
     *
     * @param changed called after every change of what matters, and when the first list is in
     */
    public void start(Runnable changed) {
        this.changed = changed;
        thread.start();
    }

    /** What there is, by the order of the names; empty until the first list is in. */
    public Optional<List<T>> found() {
        return Optional.ofNullable(known).map(all -> List.copyOf(all.values()));
    }

    private void follow() {
        Pace pace = new Pace();
        try {
            while (true) {
                try {
                    Listed<T> listed = list();
                    replace(listed.objects());
                    try (Watch watch = Watch.open(server, watched(listed.version()), this::take)) {
                        pace.succeeded();
                        log.atDebug()
                                .addKeyValue("collection", collection)
                                .addKeyValue("why", watch.awaitEnd())
                                .log("the watch has ended; listing anew");
                    }
                } catch (ApiServerException e) {
                    log.atWarn()
                            .addKeyValue("watch", thread.getName())
                            .addKeyValue("cause", e.getMessage())
                            .log("cannot watch; trying again");
                }
                Thread.sleep(pace.failed());
            }
        } catch (InterruptedException e) {
            log.debug("closed", e);
        }
    }

    private record Listed<T>(Map<String, T> objects, String version) {}

    private Listed<T> list() throws ApiServerException {
        JsonNode list = server.get(collection)
                .orElseThrow(() -> new ApiServerException(
                        404,
                        "The API server does not know " + collection + "; apply the CRDs that belong to the agent"));
        Map<String, T> objects = new TreeMap<>();
        for (JsonNode item : list.path("items")) {
            put(objects, item);
        }
        return new Listed<>(
                objects, list.path("metadata").path("resourceVersion").asText());
    }

    /** What cannot be read is as if it were not there: one that is wrong shall not hide the others. */
    private void put(Map<String, T> objects, JsonNode object) {
        String name = object.path("metadata").path("name").asText();
        try {
            objects.put(name, projection.of(object));
        } catch (ApiServerException e) {
            objects.remove(name);
            log.atWarn()
                    .addKeyValue("object", name)
                    .addKeyValue("cause", e.getMessage())
                    .log("left out");
        }
    }

    private String watched(String version) {
        return collection + (collection.contains("?") ? "&" : "?")
                + "watch=true&allowWatchBookmarks=true&resourceVersion=" + version;
    }

    /** Only ever called while the thread waits for the end of this watch. */
    private void take(JsonNode event) {
        Map<String, T> objects = new TreeMap<>(Optional.ofNullable(known).orElse(Map.of()));
        JsonNode object = event.path("object");
        switch (event.path("type").asText()) {
            case "ADDED", "MODIFIED" -> put(objects, object);
            case "DELETED" ->
                objects.remove(object.path("metadata").path("name").asText());
            default -> {
                return;
            }
        }
        replace(objects);
    }

    private void replace(Map<String, T> objects) {
        if (!objects.equals(known)) {
            known = objects;
            changed.run();
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
