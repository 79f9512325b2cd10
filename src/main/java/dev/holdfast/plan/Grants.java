package dev.holdfast.plan;

import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.PassthroughNodeStatus.Grant;
import dev.holdfast.api.PassthroughVM;
import dev.holdfast.api.PassthroughVMStatus;
import dev.holdfast.api.Undecodable;
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

    /**
     * Why a process of the VM's former pod may be alive unseen: the report of the node where that was cannot be decoded as
     * far as grants go.
     */
    static Optional<Why> unknown(PassthroughVMStatus before, List<PassthroughNode> nodes) {
        return nodes.stream()
                .filter(node -> before.podUID() != null
                        && node.getMetadata().getName().equals(before.nodeName())
                        && (node.getStatus() == null || node.getStatus().grants() == null)
                        && Undecodable.is(node))
                .findFirst()
                .map(node -> new Why(
                        "NodeReportUndecodable",
                        "the report of node %s cannot be decoded, so a process of the former pod %s may still live there; update the operator, or delete PassthroughNode %s once that process is gone: %s"
                                .formatted(
                                        before.nodeName(),
                                        before.podUID(),
                                        before.nodeName(),
                                        Undecodable.text(node))));
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
