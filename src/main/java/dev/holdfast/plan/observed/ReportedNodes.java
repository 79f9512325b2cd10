package dev.holdfast.plan.observed;

import dev.holdfast.api.node.PassthroughNode;
import java.util.List;
import java.util.Optional;

/** The reports of all agents. Most answers require one report or none, however many nodes there are. */
public interface ReportedNodes {
    /** Returns no reports. */
    static ReportedNodes none() {
        return of(List.of());
    }

    /** Returns these reports. */
    static ReportedNodes of(List<PassthroughNode> reports) {
        return new ListedNodes(reports);
    }

    /** Returns the report of the node; empty when it has none. */
    Optional<PassthroughNode> named(String node);

    /** Returns the report of the node, to be read. */
    default Optional<ReportedNode> read(String node) {
        return named(node).map(ReportedNode::new);
    }

    /** Lists all reports. */
    List<PassthroughNode> all();

    /** Returns the BARs of the largest device of each class. */
    BarSizes bars();
}
