package dev.holdfast.testbed.apiserver;

import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stand-in for kube-scheduler: looks at everything again after each change of a pod or node. */
final class Scheduler {
    private static final Logger log = LoggerFactory.getLogger(Scheduler.class);

    private final KubernetesClient client;
    private final Clock clock;

    Scheduler(KubernetesClient client, Clock clock) {
        this.client = client;
        this.clock = clock;
    }

    /** One look at all waiting pods, oldest first. */
    void run() {
        for (Pod pod : waiting()) {
            // Listed again for each, so that a pod that was just bound counts for the next.
            List<Pod> pods = client.pods().inAnyNamespace().list().getItems();
            Scheduling result = Scheduling.of(pod, client.nodes().list().getItems(), pods);
            if (result instanceof Scheduling.Fits fits) {
                bind(pod, fits.node());
            } else if (result instanceof Scheduling.Unschedulable unschedulable) {
                report(pod, unschedulable.message());
            }
        }
    }

    private List<Pod> waiting() {
        return client.pods().inAnyNamespace().list().getItems().stream()
                .filter(pod -> pod.getSpec().getNodeName() == null && !pod.isMarkedForDeletion())
                .toList();
    }

    private void bind(Pod pod, String node) {
        String namespace = pod.getMetadata().getNamespace();
        client.bindings()
                .inNamespace(namespace)
                .resource(new BindingBuilder()
                        .withNewMetadata()
                        .withName(pod.getMetadata().getName())
                        .withNamespace(namespace)
                        .withUid(pod.getMetadata().getUid())
                        .endMetadata()
                        .withNewTarget()
                        .withApiVersion("v1")
                        .withKind("Node")
                        .withName(node)
                        .endTarget()
                        .build())
                .create();
        log.atInfo()
                .addKeyValue("pod", namespace + "/" + pod.getMetadata().getName())
                .addKeyValue("node", node)
                .log("Bound");
    }

    private void report(Pod pod, String message) {
        List<PodCondition> conditions = new ArrayList<>(pod.getStatus().getConditions());
        boolean known = conditions.stream()
                .anyMatch(condition ->
                        condition.getType().equals("PodScheduled") && message.equals(condition.getMessage()));
        if (known) {
            return;
        }
        conditions.removeIf(condition -> condition.getType().equals("PodScheduled"));
        conditions.add(new PodConditionBuilder()
                .withType("PodScheduled")
                .withStatus("False")
                .withReason("Unschedulable")
                .withMessage(message)
                .withLastTransitionTime(
                        clock.instant().truncatedTo(ChronoUnit.SECONDS).toString())
                .build());
        client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withName(pod.getMetadata().getName())
                        .withNamespace(pod.getMetadata().getNamespace())
                        .withUid(pod.getMetadata().getUid())
                        .endMetadata()
                        .withNewStatus()
                        .withConditions(conditions)
                        .endStatus()
                        .build())
                .subresource("status")
                .patch(PatchContext.of(PatchType.JSON_MERGE));
        log.atInfo()
                .addKeyValue(
                        "pod",
                        pod.getMetadata().getNamespace() + "/"
                                + pod.getMetadata().getName())
                .addKeyValue("message", message)
                .log("Unschedulable");
    }
}
