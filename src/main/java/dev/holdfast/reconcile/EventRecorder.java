package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughVM;
import dev.holdfast.plan.Notice;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells users, by Events of {@code events.k8s.io/v1}, what {@code kubectl describe ptvm} should show. */
public final class EventRecorder {
    private static final Logger log = LoggerFactory.getLogger(EventRecorder.class);
    /** The API server refuses longer ones (pkg/apis/core/validation/events.go). */
    private static final int MAX_NOTE = 1024;

    private static final int MAX_INSTANCE = 128;

    /** MicroTime: always six digits. */
    private static final DateTimeFormatter MICROS =
            new DateTimeFormatterBuilder().appendInstant(6).toFormatter();

    private final KubernetesClient client;
    private final String instance;
    private final Clock clock;

    /**
     * @param instance which of the operator's replicas speaks, such as its pod's name
     */
    public EventRecorder(KubernetesClient client, String instance, Clock clock) {
        this.client = client;
        this.instance = instance.substring(0, Math.min(instance.length(), MAX_INSTANCE));
        this.clock = clock;
    }

    /** An Event that cannot be written is lost: the condition says the same. */
    void record(PassthroughVM vm, Notice notice) {
        try {
            client.events()
                    .v1()
                    .events()
                    .inNamespace(vm.getMetadata().getNamespace())
                    .resource(event(vm, notice))
                    .create();
        } catch (KubernetesClientException e) {
            log.atWarn()
                    .addKeyValue("vm", VmName.of(vm))
                    .addKeyValue("reason", notice.why().reason())
                    .addKeyValue("error", e.getMessage())
                    .log("Event not written");
        }
    }

    private Event event(PassthroughVM vm, Notice notice) {
        String note = notice.why().sentence();
        Instant now = clock.instant();
        return new EventBuilder()
                .withNewMetadata()
                .withName(name(vm, now))
                .withNamespace(vm.getMetadata().getNamespace())
                .endMetadata()
                .withEventTime(new MicroTime(MICROS.format(now.truncatedTo(ChronoUnit.MICROS))))
                .withReportingController(Names.OPERATOR)
                .withReportingInstance(instance)
                .withAction("Reconcile")
                .withType(notice.warning() ? "Warning" : "Normal")
                .withReason(notice.why().reason())
                .withNote(note.substring(0, Math.min(note.length(), MAX_NOTE)))
                .withNewRegarding()
                .withApiVersion(vm.getApiVersion())
                .withKind(vm.getKind())
                .withNamespace(vm.getMetadata().getNamespace())
                .withName(vm.getMetadata().getName())
                .withUid(vm.getMetadata().getUid())
                .endRegarding()
                .build();
    }

    /** As client-go names them: unique by the nanosecond, within the 253 characters of a name. */
    private static String name(PassthroughVM vm, Instant now) {
        String name = vm.getMetadata().getName();
        long nanos = ChronoUnit.NANOS.between(Instant.EPOCH, now);
        return "%s.%016x".formatted(name.substring(0, Math.min(name.length(), 236)), nanos);
    }
}
