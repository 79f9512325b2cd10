package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughVM;
import dev.holdfast.plan.Notice;
import dev.holdfast.telemetry.EventWriter;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;

/** Tells users what {@code kubectl describe ptvm} should show. */
public final class EventRecorder {
    private final EventWriter events;

    /**
     * @param instance which of the operator's replicas speaks, such as its pod's name
     */
    public EventRecorder(KubernetesClient client, String instance, Clock clock) {
        events = new EventWriter(client, Names.OPERATOR, instance, clock);
    }

    void record(PassthroughVM vm, Notice notice) {
        events.write(
                vm,
                "Reconcile",
                new EventWriter.Notice(
                        notice.warning(), notice.why().reason(), notice.why().sentence()));
    }
}
