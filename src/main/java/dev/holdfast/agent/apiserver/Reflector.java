package dev.holdfast.agent.apiserver;

import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.retry.RetryDelay;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Local copy of a collection of the API server, reduced by a projection: listed once, then watched. A watch that the
 * server ends, as it does every few minutes, is continued by the next one from the last version; after any other end
 * the collection is listed again, which {@code holdfast_watch_fallbacks_total} counts. An object that cannot be decoded
 * is skipped, without an effect on others.
 *
 * @param <T> projection of an object; equal as long as no required field has changed
 */
public final class Reflector<T> implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Reflector.class);
    private static final int GONE = 410;

    /** Minimum duration of a watch that counts as successful. */
    private static final Duration WORKED = Duration.ofSeconds(30);

    private final ApiClient server;
    private final Collection<T> collection;
    private final AgentMeters meters;
    private final Thread thread;
    private volatile @Nullable Map<String, T> known;
    private volatile Runnable changed = () -> {};
    /**
     * Version from which the next watch continues; null when the collection has to be listed. Used by the one thread
     * only.
     */
    private @Nullable String version;

    /**
     * Collects the required fields of one object while it is read: each field is skipped unless it is read here.
     *
     * <p>A method that throws {@link ApiServerException} leaves out this object only.
     */
    public interface Projection<T> {
        /** Reads a field of the metadata, except the name and the version. */
        default void metadata(String field, JsonParser json) throws IOException {}

        /** Receives the resourceVersion, which a write of the object refers to. */
        default void version(String resourceVersion) {}

        /** Reads any other field. */
        default void field(String field, JsonParser json) throws IOException {}

        /** Returns the projection, after all fields were read. */
        T result(String name) throws ApiServerException;
    }

    /**
     * Collection to follow.
     *
     * @param path         path, with an optional query
     * @param plural       plural name of the kind, for log and metrics
     * @param metadataOnly whether the metadata is sufficient
     * @param projections  creates a projection for each object
     */
    public record Collection<T>(
            String path, String plural, boolean metadataOnly, Supplier<Projection<T>> projections) {}

    /** Creates the reflector; it does not connect before {@link #start}. */
    public Reflector(ApiClient server, Collection<T> collection, AgentMeters meters) {
        this.server = server;
        this.collection = collection;
        this.meters = meters;
        thread = Thread.ofPlatform()
                .daemon()
                .name("watch-" + collection.plural())
                .unstarted(this::follow);
    }

    /**
     * Starts to follow the collection; does not wait for the API server.
     *
     * @param changed called after every change of a projection, and after the first list
     */
    public void start(Runnable changed) {
        this.changed = changed;
        thread.start();
    }

    /** Returns the projections in the order of the names; empty until the first list was read. */
    public Optional<List<T>> found() {
        return Optional.ofNullable(known).map(all -> List.copyOf(all.values()));
    }

    private void follow() {
        RetryDelay retry = new RetryDelay();
        try {
            while (true) {
                long began = System.nanoTime();
                try {
                    if (version == null) {
                        list();
                    }
                    watch();
                } catch (IOException | RuntimeException e) {
                    if (Thread.currentThread().isInterrupted()) {
                        return;
                    }
                    version = null;
                    meters.watchFellBack(collection.plural());
                    log.atWarn()
                            .addKeyValue("watch", collection.plural())
                            .addKeyValue(LogKeys.ERROR, ApiClient.message(e))
                            .log("cannot watch; listing again");
                }
                if (System.nanoTime() - began > WORKED.toNanos()) {
                    retry.succeeded();
                }
                Thread.sleep(retry.failed());
            }
        } catch (InterruptedException e) {
            log.debug("closed", e);
        }
    }

    private void list() throws ApiServerException {
        Listing<T> listing = Listing.read(server, collection, this::skip)
                .orElseThrow(() -> new ApiServerException(
                        404, collection.path() + " not found; apply the CRDs of the version of the agent"));
        version = listing.version();
        replace(listing.objects());
    }

    /** Watches until the server ends the watch. */
    private void watch() throws IOException {
        try (Watch<T> watch = Watch.open(
                server,
                collection.path(),
                collection.metadataOnly(),
                String.valueOf(version),
                collection.projections())) {
            for (Optional<WatchEvent<T>> event = watch.next(); event.isPresent(); event = watch.next()) {
                take(event.get());
            }
        }
    }

    private void take(WatchEvent<T> event) throws ApiServerException {
        if (event.type().equals("ERROR")) {
            throw new ApiServerException(
                    (int) event.code(),
                    event.code() == GONE
                            ? "the resourceVersion is too old to continue the watch"
                            : "the server reports an error");
        }
        if (!event.version().isEmpty()) {
            version = event.version();
        }
        Map<String, T> objects = new TreeMap<>(Optional.ofNullable(known).orElse(Map.of()));
        switch (event.type()) {
            case "ADDED", "MODIFIED" -> put(objects, event);
            case "DELETED" -> objects.remove(event.name());
            default -> {
                return;
            }
        }
        replace(objects);
    }

    private void put(Map<String, T> objects, WatchEvent<T> event) {
        T value = event.value();
        if (value != null) {
            objects.put(event.name(), value);
            return;
        }
        objects.remove(event.name());
        skip(event);
    }

    private void skip(WatchEvent<T> event) {
        meters.undecodable(collection.plural());
        log.atWarn()
                .addKeyValue(LogKeys.KIND, collection.plural())
                .addKeyValue("object", event.name())
                .addKeyValue(LogKeys.ERROR, event.problem())
                .log("an object cannot be decoded and is skipped");
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
