package dev.holdfast.plan.observed;

import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Grants that agents report. A node is asked about pods that ran there, and about no others. */
public final class ReportedGrants {
    /** A grant and the node whose agent gave it. */
    public record OnNode(String node, Grant grant) {}

    private ReportedGrants() {}

    /** The grant of the very pod and VM, as the node that the pod runs on reports it. */
    public static Optional<Grant> of(PassthroughVM vm, String podUid, String node, List<PassthroughNode> nodes) {
        return on(node, podUid, nodes)
                .filter(grant -> grant.vm().uid().equals(vm.getMetadata().getUid()));
    }

    /** The grant of a pod, whichever VM it was of, as its node reports it. */
    public static Optional<Grant> on(String node, String podUid, List<PassthroughNode> nodes) {
        return nodes.stream()
                .map(ReportedNode::new)
                .filter(candidate -> candidate.name().equals(node))
                .flatMap(ReportedGrants::all)
                .map(OnNode::grant)
                .filter(grant -> grant.podUID().equals(podUid))
                .findFirst();
    }

    /** The grant of a pod whose node is not known. */
    public static Optional<OnNode> anywhere(String podUid, List<PassthroughNode> nodes) {
        return nodes.stream()
                .map(ReportedNode::new)
                .flatMap(ReportedGrants::all)
                .filter(found -> found.grant().podUID().equals(podUid))
                .findFirst();
    }

    /** Whether a report has grants that could not be decoded, so that nothing follows from one that it lacks. */
    public static boolean areHidden(PassthroughNode report) {
        return new ReportedNode(report).mayHideGrants();
    }

    private static Stream<OnNode> all(ReportedNode node) {
        return node.grants().stream().map(grant -> new OnNode(node.name(), grant));
    }
}
