package dev.holdfast.reconcile;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.plan.observed.BarSizes;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The BARs of all reports. They are compared only after those of one report have changed: most changes of a report are grants.
 * Thread-safe.
 */
final class ReportedBars {
    private final Map<String, BarSizes> byNode = new HashMap<>();
    private @Nullable BarSizes largest;

    synchronized void put(PassthroughNode report) {
        BarSizes now = BarSizes.of(report);
        if (!now.equals(byNode.put(report.getMetadata().getName(), now))) {
            largest = null;
        }
    }

    synchronized void remove(PassthroughNode report) {
        byNode.remove(report.getMetadata().getName());
        largest = null;
    }

    synchronized BarSizes largest() {
        BarSizes known = largest;
        if (known == null) {
            known = BarSizes.largest(byNode.values());
            largest = known;
        }
        return known;
    }
}
