package dev.holdfast.telemetry;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes Events of {@code events.k8s.io/v1}: what {@code kubectl describe} shows of an object. For any thread. */
public final class EventWriter {
    private static final Logger log = LoggerFactory.getLogger(EventWriter.class);

    /** Where the API server wants the Events about objects without a namespace. */
    private static final String NAMESPACE_OF_CLUSTER_SCOPED = "default";

    /** The API server refuses longer ones (pkg/apis/core/validation/events.go). */
    private static final int MAX_NOTE = 1024;

    private static final int MAX_INSTANCE = 128;

    /** MicroTime: always six digits. */
    private static final DateTimeFormatter MICROS =
            new DateTimeFormatterBuilder().appendInstant(6).toFormatter();

    private final Sink sink;
    private final String controller;
    private final String instance;
    private final Clock clock;

    /**
     * What is to be said.
     *
     * @param warning  rather than a normal course
     * @param reason   CamelCase, from a fixed set
     * @param sentence cut where the API server takes no more
     */
    public record Notice(boolean warning, String reason, String sentence) {}

    /** What an Event is about. With its UID, or kubectl describe will not find the Event. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Regarding(
            String apiVersion, String kind, @Nullable String namespace, String name, String uid) {}

    /** An API server. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Creates an object in the collection at {@code path}.
         *
         * @param body what Jackson writes as JSON
         */
        void create(String path, Object body) throws IOException;
    }

    /** As {@code events.k8s.io/v1} spells it. */
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
     * Writes nothing yet.
     *
     * @param controller who speaks
     * @param instance   which of them, such as its pod's name
     */
    public EventWriter(Sink sink, String controller, String instance, Clock clock) {
        this.sink = sink;
        this.controller = controller;
        this.instance = instance.substring(0, Math.min(instance.length(), MAX_INSTANCE));
        this.clock = clock;
    }

    /**
     * Writes one. An Event that cannot be written is lost: a status says the same.
     *
     * @param action what was being done, CamelCase
     */
    public void write(Regarding regarding, String action, Notice notice) {
        String namespace = Objects.requireNonNullElse(regarding.namespace(), NAMESPACE_OF_CLUSTER_SCOPED);
        try {
            sink.create(
                    "/apis/events.k8s.io/v1/namespaces/" + namespace + "/events",
                    event(namespace, regarding, action, notice));
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("kind", regarding.kind())
                    .addKeyValue("namespace", regarding.namespace())
                    .addKeyValue("name", regarding.name())
                    .addKeyValue("reason", notice.reason())
                    .addKeyValue("error", e.getMessage())
                    .log("Event not written");
        }
    }

    private Event event(String namespace, Regarding regarding, String action, Notice notice) {
        Instant now = clock.instant();
        String note = notice.sentence();
        return new Event(
                "events.k8s.io/v1",
                "Event",
                new Metadata(name(regarding.name(), now), namespace),
                MICROS.format(now.truncatedTo(ChronoUnit.MICROS)),
                controller,
                instance,
                action,
                notice.warning() ? "Warning" : "Normal",
                notice.reason(),
                note.substring(0, Math.min(note.length(), MAX_NOTE)),
                regarding);
    }

    /** As client-go names them: unique by the nanosecond, within the 253 characters of a name. */
    private static String name(String name, Instant now) {
        long nanos = ChronoUnit.NANOS.between(Instant.EPOCH, now);
        return "%s.%016x".formatted(name.substring(0, Math.min(name.length(), 236)), nanos);
    }
}
