package dev.holdfast.plan.observed;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.plan.machine.Given;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeSpec;
import io.fabric8.kubernetes.api.model.NodeStatus;
import java.time.Instant;
import java.util.Optional;

/**
 * A node and its report, read past the caches.
 *
 * @param created      when the Node was made; empty when there is none
 * @param outOfService an administrator has said that nothing runs there any more
 * @param report       empty when there is none
 */
public record InspectedNode(Optional<Instant> created, boolean outOfService, Optional<PassthroughNode> report) {
    /** KEP-2268: with it, and while the node is not ready, Kubernetes moves volumes and pods without asking the node. */
    public static final String OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

    /** Of what the API server answered. */
    public static InspectedNode of(Optional<Node> node, Optional<PassthroughNode> report) {
        return new InspectedNode(
                node.flatMap(found -> Times.parse(found.getMetadata().getCreationTimestamp())),
                node.filter(found -> isTainted(found) && !isReady(found)).isPresent(),
                report);
    }

    /** Whether nothing of a pod of that time can live there: the node was removed since, or taken out of service. */
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
