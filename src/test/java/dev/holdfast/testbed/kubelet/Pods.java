package dev.holdfast.testbed.kubelet;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The pods of this node, by UID: each gets a worker when it is first seen. */
final class Pods implements ResourceEventHandler<Pod> {
    private static final Set<String> ENDED = Set.of("Succeeded", "Failed");

    private final NodeServices services;
    private final Map<String, PodWorker> workers = new HashMap<>();

    Pods(NodeServices services) {
        this.services = services;
    }

    @Override
    public void onAdd(Pod pod) {
        observe(pod);
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {
        observe(pod);
    }

    /** Also without a word before: who deletes with no grace at all does not wait for the kubelet. */
    @Override
    public synchronized void onDelete(Pod pod, boolean finalStateUnknown) {
        PodWorker worker = workers.remove(pod.getMetadata().getUid());
        if (worker != null) {
            worker.terminate(0);
        }
    }

    private synchronized void observe(Pod pod) {
        if (!services.node().name().equals(pod.getSpec().getNodeName())) {
            return;
        }
        PodWorker worker = workers.get(pod.getMetadata().getUid());
        if (worker == null) {
            begin(pod);
        } else if (pod.isMarkedForDeletion()) {
            worker.terminate(Objects.requireNonNullElse(pod.getMetadata().getDeletionGracePeriodSeconds(), 0L));
        }
    }

    private void begin(Pod pod) {
        if (pod.isMarkedForDeletion()) {
            services.api().remove(pod);
        } else if (!ENDED.contains(pod.getStatus().getPhase())) {
            PodWorker worker = new PodWorker(services, pod);
            workers.put(pod.getMetadata().getUid(), worker);
            Thread.ofPlatform().name(pod.getMetadata().getName()).start(worker);
        }
    }
}
