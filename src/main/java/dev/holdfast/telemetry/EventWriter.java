package dev.holdfast.telemetry;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes Events of {@code events.k8s.io/v1}, which {@code kubectl describe} shows with an object. Thread-safe. */
public final class EventWriter {
    private static final Logger log = LoggerFactory.getLogger(EventWriter.class);

    /** Namespace that the API server requires for Events about objects without a namespace. */
    private static final String NAMESPACE_OF_CLUSTER_SCOPED = "default";

    /** The API server refuses longer notes (pkg/apis/core/validation/events.go). */
    private static final int MAX_NOTE = 1024;

    private static final int MAX_INSTANCE = 128;

    /** MicroTime has always six digits after the second. */
    private static final DateTimeFormatter MICROS =
            new DateTimeFormatterBuilder().appendInstant(6).toFormatter();

    private final Sink sink;
    private final String controller;
    private final String instance;
    private final Clock clock;
    private final Executor executor;

    /**
     * Content of an Event.
     *
     * @param warning whether the type is Warning; otherwise it is Normal
     * @param reason  CamelCase, from a fixed set
     * @param message shortened to what the API server accepts
     */
    public record Content(boolean warning, String reason, String message) {}

    /** Object of an Event. {@code kubectl describe} finds the Event by the UID. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Regarding(
            String apiVersion, String kind, @Nullable String namespace, String name, String uid) {}

    /** API server that stores the Events. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Creates an object in the collection at {@code path}.
         *
         * @param body written as JSON by Jackson
         */
        void create(String path, Object body) throws IOException;
    }

    /** Event with the field names of {@code events.k8s.io/v1}. */
    private record Event(
            String apiVersion,
            String kind,
            Metadata metadata,
            String eventTime,
            String reportingController,
            String reportingInstance,
            String action,
            String type,
            String reason,
            String note,
            Regarding regarding) {}

    private record Metadata(String name, String namespace) {}

    /**
     * Creates the writer; nothing is written yet.
     *
     * @param controller name of the reporting program
     * @param instance   instance of that program, such as its pod's name
     */
    public EventWriter(Sink sink, String controller, String instance, Clock clock) {
        this(sink, controller, instance, clock, Runnable::run);
    }

    /**
     * Creates the writer; nothing is written yet.
     *
     * @param controller name of the reporting program
     * @param instance   instance of that program, such as its pod's name
     * @param executor   sends the Events, which have the time at which they were made
     */
    public EventWriter(Sink sink, String controller, String instance, Clock clock, Executor executor) {
        this.sink = sink;
        this.controller = controller;
        this.instance = instance.substring(0, Math.min(instance.length(), MAX_INSTANCE));
        this.clock = clock;
        this.executor = executor;
    }

    /**
     * Writes an Event. An Event that cannot be written is logged and lost: a status has the same message.
     *
     * @param action action that led to the Event, CamelCase
     */
    public void write(Regarding regarding, String action, Content content) {
        String namespace = Objects.requireNonNullElse(regarding.namespace(), NAMESPACE_OF_CLUSTER_SCOPED);
        Event event = event(namespace, regarding, action, content);
        executor.execute(() -> send(event));
    }

    private void send(Event event) {
        Regarding regarding = event.regarding();
        try {
            sink.create("/apis/events.k8s.io/v1/namespaces/" + event.metadata().namespace() + "/events", event);
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue(LogKeys.KIND, regarding.kind())
                    .addKeyValue(LogKeys.NAMESPACE, regarding.namespace())
                    .addKeyValue(LogKeys.NAME, regarding.name())
                    .addKeyValue(LogKeys.REASON, event.reason())
                    .addKeyValue(LogKeys.ERROR, e.getMessage())
                    .log("cannot write the Event; it is lost");
        }
    }

    private Event event(String namespace, Regarding regarding, String action, Content content) {
        Instant now = clock.instant();
        String note = content.message();
        return new Event(
                "events.k8s.io/v1",
                "Event",
                new Metadata(name(regarding.name(), now), namespace),
                MICROS.format(now.truncatedTo(ChronoUnit.MICROS)),
                controller,
                instance,
                action,
                content.warning() ? "Warning" : "Normal",
                content.reason(),
                note.substring(0, Math.min(note.length(), MAX_NOTE)),
                regarding);
    }

    /** Returns a name as client-go makes it: unique by the nanosecond, within the 253 characters of a name. */
    private static String name(String name, Instant now) {
        long nanos = ChronoUnit.NANOS.between(Instant.EPOCH, now);
        return "%s.%016x".formatted(name.substring(0, Math.min(name.length(), 236)), nanos);
    }
}
