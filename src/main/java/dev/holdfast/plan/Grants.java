package dev.holdfast.plan;

import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.PassthroughNodeStatus.Grant;
import dev.holdfast.api.PassthroughVM;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What the agents report about processes of one VM. */
final class Grants {
    /** A grant and the node whose agent gave it. */
    record OnNode(String node, Grant grant) {}

    private Grants() {}

    /** Believed only from the node that the pod runs on, and only for the very pod and VM. */
    static Optional<Grant> of(PassthroughVM vm, String podUid, String node, List<PassthroughNode> nodes) {
        return nodes.stream()
                .filter(candidate -> candidate.getMetadata().getName().equals(node))
                .flatMap(Grants::all)
                .map(OnNode::grant)
                .filter(grant -> grant.podUID().equals(podUid) && isOf(vm, grant))
                .findFirst();
    }

    /** A process of the VM that lives anywhere: while it does, no new pod may be made. */
    static Optional<OnNode> alive(PassthroughVM vm, List<PassthroughNode> nodes) {
        return nodes.stream()
                .flatMap(Grants::all)
                .filter(found -> isOf(vm, found.grant()))
                .findFirst();
    }

    private static boolean isOf(PassthroughVM vm, Grant grant) {
        return grant.vm().uid().equals(vm.getMetadata().getUid());
    }

    private static Stream<OnNode> all(PassthroughNode node) {
        if (node.getStatus() == null || node.getStatus().grants() == null) {
            return Stream.empty();
        }
        return node.getStatus().grants().stream()
                .map(grant -> new OnNode(node.getMetadata().getName(), grant));
    }
}
