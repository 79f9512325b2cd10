package dev.holdfast.telemetry;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
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

    private final KubernetesClient client;
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

    /**
     * Writes nothing yet.
     *
     * @param controller who speaks
     * @param instance   which of them, such as its pod's name
     */
    public EventWriter(KubernetesClient client, String controller, String instance, Clock clock) {
        this.client = client;
        this.controller = controller;
        this.instance = instance.substring(0, Math.min(instance.length(), MAX_INSTANCE));
        this.clock = clock;
    }

    /**
     * Writes one. An Event that cannot be written is lost: a status says the same.
     *
     * @param regarding with its UID, or kubectl describe will not find the Event
     * @param action    what was being done, CamelCase
     */
    public void write(HasMetadata regarding, String action, Notice notice) {
        Event event = event(regarding, action, notice);
        try {
            client.events()
                    .v1()
                    .events()
                    .inNamespace(event.getMetadata().getNamespace())
                    .resource(event)
                    .create();
        } catch (KubernetesClientException e) {
            log.atWarn()
                    .addKeyValue("kind", regarding.getKind())
                    .addKeyValue("namespace", regarding.getMetadata().getNamespace())
                    .addKeyValue("name", regarding.getMetadata().getName())
                    .addKeyValue("reason", notice.reason())
                    .addKeyValue("error", e.getMessage())
                    .log("Event not written");
        }
    }

    private Event event(HasMetadata regarding, String action, Notice notice) {
        Instant now = clock.instant();
        String name = regarding.getMetadata().getName();
        String note = notice.sentence();
        return new EventBuilder()
                .withNewMetadata()
                .withName(name(name, now))
                .withNamespace(
                        Objects.requireNonNullElse(regarding.getMetadata().getNamespace(), NAMESPACE_OF_CLUSTER_SCOPED))
                .endMetadata()
                .withEventTime(new MicroTime(MICROS.format(now.truncatedTo(ChronoUnit.MICROS))))
                .withReportingController(controller)
                .withReportingInstance(instance)
                .withAction(action)
                .withType(notice.warning() ? "Warning" : "Normal")
                .withReason(notice.reason())
                .withNote(note.substring(0, Math.min(note.length(), MAX_NOTE)))
                .withNewRegarding()
                .withApiVersion(regarding.getApiVersion())
                .withKind(regarding.getKind())
                .withNamespace(regarding.getMetadata().getNamespace())
                .withName(name)
                .withUid(regarding.getMetadata().getUid())
                .endRegarding()
                .build();
    }

    /** As client-go names them: unique by the nanosecond, within the 253 characters of a name. */
    private static String name(String name, Instant now) {
        long nanos = ChronoUnit.NANOS.between(Instant.EPOCH, now);
        return "%s.%016x".formatted(name.substring(0, Math.min(name.length(), 236)), nanos);
    }
}
