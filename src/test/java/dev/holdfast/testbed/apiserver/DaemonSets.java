package dev.holdfast.testbed.apiserver;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSetStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stand-in for the DaemonSet controller: one pod per matching node, a new one when that has ended or its template is
 * an old one. Binds the pods itself instead of leaving it to the scheduler.
 */
final class DaemonSets {
    private static final Logger log = LoggerFactory.getLogger(DaemonSets.class);
    private static final String TEMPLATE_LABEL = "controller-revision-hash";

    private final KubernetesClient client;

    DaemonSets(KubernetesClient client) {
        this.client = client;
    }

    /** One look at every DaemonSet on every node. */
    void run() {
        List<Node> nodes = client.nodes().list().getItems();
        for (DaemonSet set : client.apps().daemonSets().inAnyNamespace().list().getItems()) {
            if (set.isMarkedForDeletion()) {
                continue;
            }
            List<Node> wanted =
                    nodes.stream().filter(node -> selects(set, node)).toList();
            List<Pod> pods = podsOf(set);
            wanted.forEach(node -> keepOne(set, node, pods));
            report(set, wanted.size(), pods);
        }
    }

    private List<Pod> podsOf(DaemonSet set) {
        return client.pods().inNamespace(set.getMetadata().getNamespace()).list().getItems().stream()
                .filter(pod -> pod.getMetadata().getOwnerReferences().stream()
                        .anyMatch(
                                owner -> owner.getUid().equals(set.getMetadata().getUid())))
                .toList();
    }

    private static boolean selects(DaemonSet set, Node node) {
        Map<String, String> selector =
                Objects.requireNonNullElse(set.getSpec().getTemplate().getSpec().getNodeSelector(), Map.of());
        Map<String, String> labels =
                Objects.requireNonNullElse(node.getMetadata().getLabels(), Map.of());
        return labels.entrySet().containsAll(selector.entrySet());
    }

    private void keepOne(DaemonSet set, Node node, List<Pod> pods) {
        String name = node.getMetadata().getName();
        List<Pod> here = pods.stream()
                .filter(pod -> name.equals(pod.getSpec().getNodeName()))
                .toList();
        if (here.isEmpty()) {
            create(set, name);
        }
        for (Pod pod : here) {
            boolean old = !revision(set).equals(pod.getMetadata().getLabels().get(TEMPLATE_LABEL));
            if (!pod.isMarkedForDeletion() && (old || Scheduling.hasEnded(pod))) {
                client.resource(pod).delete();
            }
        }
    }

    private void create(DaemonSet set, String node) {
        ObjectMeta template =
                Objects.requireNonNullElseGet(set.getSpec().getTemplate().getMetadata(), ObjectMeta::new);
        Pod pod = client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withGenerateName(set.getMetadata().getName() + "-")
                        .withNamespace(set.getMetadata().getNamespace())
                        .withLabels(template.getLabels())
                        .addToLabels(TEMPLATE_LABEL, revision(set))
                        .withAnnotations(template.getAnnotations())
                        .addNewOwnerReference()
                        .withApiVersion("apps/v1")
                        .withKind("DaemonSet")
                        .withName(set.getMetadata().getName())
                        .withUid(set.getMetadata().getUid())
                        .withController(true)
                        .withBlockOwnerDeletion(true)
                        .endOwnerReference()
                        .endMetadata()
                        .withNewSpecLike(set.getSpec().getTemplate().getSpec())
                        .withNodeName(node)
                        .endSpec()
                        .build())
                .create();
        log.atInfo()
                .addKeyValue("pod", pod.getMetadata().getName())
                .addKeyValue("node", node)
                .log("Created a pod of a DaemonSet");
    }

    private static String revision(DaemonSet set) {
        return Integer.toHexString(
                Serialization.asJson(set.getSpec().getTemplate()).hashCode());
    }

    private void report(DaemonSet set, int wanted, List<Pod> pods) {
        int ready = (int) pods.stream().filter(DaemonSets::isReady).count();
        DaemonSetStatus before = set.getStatus();
        if (before != null
                && Objects.equals(before.getDesiredNumberScheduled(), wanted)
                && Objects.equals(before.getNumberReady(), ready)
                && Objects.equals(before.getCurrentNumberScheduled(), pods.size())) {
            return;
        }
        client.resource(new DaemonSetBuilder()
                        .withNewMetadata()
                        .withName(set.getMetadata().getName())
                        .withNamespace(set.getMetadata().getNamespace())
                        .endMetadata()
                        .withNewStatus()
                        .withDesiredNumberScheduled(wanted)
                        .withCurrentNumberScheduled(pods.size())
                        .withNumberReady(ready)
                        .withObservedGeneration(set.getMetadata().getGeneration())
                        .endStatus()
                        .build())
                .subresource("status")
                .patch(PatchContext.of(PatchType.JSON_MERGE));
    }

    private static boolean isReady(Pod pod) {
        return pod.getStatus() != null
                && !pod.getStatus().getContainerStatuses().isEmpty()
                && pod.getStatus().getContainerStatuses().stream()
                        .map(ContainerStatus::getReady)
                        .allMatch(Boolean.TRUE::equals);
    }
}
