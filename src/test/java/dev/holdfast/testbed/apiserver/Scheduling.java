package dev.holdfast.testbed.apiserver;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Selection of a pod's node, with the messages of kube-scheduler. */
sealed interface Scheduling {
    record Fits(String node) implements Scheduling {}

    record Unschedulable(String message) implements Scheduling {}

    /**
     * The first node that the pod fits on, or why it fits on none.
     *
     * @param pods all pods of the cluster: those on a node use it up, unless they have ended
     */
    static Scheduling of(Pod pod, List<Node> nodes, List<Pod> pods) {
        if (nodes.isEmpty()) {
            return new Unschedulable("no nodes available to schedule pods");
        }
        Map<String, Integer> reasons = new TreeMap<>();
        for (Node node : nodes) {
            Set<String> objections = objections(pod, node, pods);
            if (objections.isEmpty()) {
                return new Fits(node.getMetadata().getName());
            }
            objections.forEach(objection -> reasons.merge(objection, 1, Integer::sum));
        }
        List<String> counted = reasons.entrySet().stream()
                .map(reason -> reason.getValue() + " " + reason.getKey())
                .toList();
        return new Unschedulable("0/" + nodes.size() + " nodes are available: " + String.join(", ", counted) + ".");
    }

    private static Set<String> objections(Pod pod, Node node, List<Pod> pods) {
        if (!isReady(node)) {
            return Set.of("node(s) had untolerated taint {node.kubernetes.io/not-ready: }");
        }
        Map<String, String> labels =
                Objects.requireNonNullElse(node.getMetadata().getLabels(), Map.of());
        Map<String, String> selector = Objects.requireNonNullElse(pod.getSpec().getNodeSelector(), Map.of());
        if (!labels.entrySet().containsAll(selector.entrySet())) {
            return Set.of("node(s) didn't match Pod's node affinity/selector");
        }
        Map<String, BigDecimal> free = free(node, pods);
        Set<String> objections = new TreeSet<>();
        if (free.getOrDefault("pods", BigDecimal.ZERO).signum() <= 0) {
            objections.add("Too many pods");
        }
        requests(pod).forEach((resource, wanted) -> {
            if (free.getOrDefault(resource, BigDecimal.ZERO).compareTo(wanted) < 0) {
                objections.add("Insufficient " + resource);
            }
        });
        return objections;
    }

    private static boolean isReady(Node node) {
        return node.getStatus() != null
                && node.getStatus().getConditions().stream()
                        .anyMatch(condition -> condition.getType().equals("Ready")
                                && condition.getStatus().equals("True"));
    }

    private static Map<String, BigDecimal> free(Node node, List<Pod> pods) {
        Map<String, BigDecimal> free = new TreeMap<>();
        node.getStatus()
                .getAllocatable()
                .forEach((resource, amount) -> free.put(resource, amount.getNumericalAmount()));
        for (Pod other : pods) {
            if (node.getMetadata().getName().equals(other.getSpec().getNodeName()) && !hasEnded(other)) {
                requests(other).forEach((resource, used) -> free.merge(resource, used.negate(), BigDecimal::add));
                free.merge("pods", BigDecimal.ONE.negate(), BigDecimal::add);
            }
        }
        return free;
    }

    static boolean hasEnded(Pod pod) {
        return pod.getStatus() != null
                && ("Succeeded".equals(pod.getStatus().getPhase())
                        || "Failed".equals(pod.getStatus().getPhase()));
    }

    /** Returns the sum of a pod's requests. */
    static Map<String, BigDecimal> requests(Pod pod) {
        Map<String, BigDecimal> requests = new TreeMap<>();
        for (Container container : pod.getSpec().getContainers()) {
            if (container.getResources() == null || container.getResources().getRequests() == null) {
                continue;
            }
            for (Map.Entry<String, Quantity> request :
                    container.getResources().getRequests().entrySet()) {
                requests.merge(request.getKey(), request.getValue().getNumericalAmount(), BigDecimal::add);
            }
        }
        return requests;
    }
}
