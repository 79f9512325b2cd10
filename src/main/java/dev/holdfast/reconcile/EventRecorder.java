package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.status.StatusEvents;
import dev.holdfast.telemetry.EventWriter;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.Executor;

/** Records the Events of VMs, which {@code kubectl describe ptvm} shows. */
public final class EventRecorder {
    private final KubernetesClient client;
    private final EventWriter events;

    /**
     * @param instance name of this replica of the operator, such as its pod's name
     * @param executor sends the Events
     */
    public EventRecorder(KubernetesClient client, String instance, Clock clock, Executor executor) {
        this.client = client;
        events = new EventWriter(this::create, Names.OPERATOR, instance, clock, executor);
    }

    void record(PassthroughVM vm, StatusEvents notice) {
        events.write(
                new EventWriter.Regarding(
                        vm.getApiVersion(),
                        vm.getKind(),
                        vm.getMetadata().getNamespace(),
                        vm.getMetadata().getName(),
                        vm.getMetadata().getUid()),
                "Reconcile",
                new EventWriter.Content(
                        notice.warning(),
                        notice.cause().reason(),
                        notice.cause().message()));
    }

    private void create(String path, Object body) throws IOException {
        try {
            client.raw(path, "POST", body);
        } catch (KubernetesClientException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
