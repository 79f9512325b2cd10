package dev.holdfast.plan.observed;

import dev.holdfast.api.node.PassthroughNode;
import java.util.List;
import java.util.Optional;

/** A few reports, which are searched each time. */
record ListedNodes(List<PassthroughNode> all) implements ReportedNodes {
    ListedNodes {
        all = List.copyOf(all);
    }

    @Override
    public Optional<PassthroughNode> named(String node) {
        return all.stream()
                .filter(report -> report.getMetadata().getName().equals(node))
                .findFirst();
    }

    @Override
    public BarSizes bars() {
        return BarSizes.largest(all.stream().map(BarSizes::of).toList());
    }
}
