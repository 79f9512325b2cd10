package dev.holdfast.plan.observed;

import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import java.util.Optional;
import java.util.stream.Stream;

/** Grants that agents report. Only the report of a pod's own node is read for it. */
public final class ReportedGrants {
    /** A grant and the node of its agent. */
    public record OnNode(String node, Grant grant) {}

    private ReportedGrants() {}

    /** Returns the grant of a pod and its VM, as reported by the pod's node. */
    public static Optional<Grant> of(PassthroughVM vm, String podUid, String node, ReportedNodes nodes) {
        return on(node, podUid, nodes)
                .filter(grant -> grant.vm().uid().equals(vm.getMetadata().getUid()));
    }

    /** Returns the grant of a pod of any VM, as reported by the pod's node. */
    public static Optional<Grant> on(String node, String podUid, ReportedNodes nodes) {
        return nodes.read(node).stream()
                .flatMap(ReportedGrants::all)
                .map(OnNode::grant)
                .filter(grant -> grant.podUID().equals(podUid))
                .findFirst();
    }

    /** Returns the grant of a pod whose node is unknown. */
    public static Optional<OnNode> anywhere(String podUid, ReportedNodes nodes) {
        return nodes.all().stream()
                .map(ReportedNode::new)
                .flatMap(ReportedGrants::all)
                .filter(found -> found.grant().podUID().equals(podUid))
                .findFirst();
    }

    /** Returns whether a report may have grants that could not be decoded; a missing grant then proves nothing. */
    public static boolean areHidden(PassthroughNode report) {
        return new ReportedNode(report).mayHideGrants();
    }

    private static Stream<OnNode> all(ReportedNode node) {
        return node.grants().stream().map(grant -> new OnNode(node.name(), grant));
    }
}
