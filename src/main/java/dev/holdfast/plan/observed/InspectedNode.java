package dev.holdfast.plan.observed;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.plan.machine.Given;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeSpec;
import io.fabric8.kubernetes.api.model.NodeStatus;
import java.time.Instant;
import java.util.Optional;

/**
 * A node and its report, read from the API server without the caches.
 *
 * @param created      creation time of the Node; empty when it does not exist
 * @param outOfService an administrator has declared that nothing runs on the node any more
 * @param report       empty when it does not exist
 */
public record InspectedNode(Optional<Instant> created, boolean outOfService, Optional<PassthroughNode> report) {
    /** Taint of KEP-2268: while the node has it and is not ready, Kubernetes moves volumes and pods without the kubelet. */
    public static final String OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

    /** Combines the answers of the API server. */
    public static InspectedNode of(Optional<Node> node, Optional<PassthroughNode> report) {
        return new InspectedNode(
                node.flatMap(found -> Times.parse(found.getMetadata().getCreationTimestamp())),
                node.filter(found -> isTainted(found) && !isReady(found)).isPresent(),
                report);
    }

    /**
     * Returns whether no process of a pod with that creation time can run on the node any more: the node was removed since, or
     * taken out of service.
     */
    public boolean isReleased(Optional<Instant> podCreated) {
        return outOfService
                || created.isEmpty()
                || podCreated.filter(pod -> created.get().isAfter(pod)).isPresent();
    }

    private static boolean isTainted(Node node) {
        return Given.list(Given.of(node.getSpec(), NodeSpec::getTaints)).stream()
                .anyMatch(taint -> OUT_OF_SERVICE.equals(taint.getKey()));
    }

    private static boolean isReady(Node node) {
        return Given.list(Given.of(node.getStatus(), NodeStatus::getConditions)).stream()
                .anyMatch(condition -> "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
    }
}
