package dev.holdfast.reconcile;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.observed.BarSizes;
import dev.holdfast.plan.observed.ReportedNodes;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The agents' reports. A change triggers only the VMs that it concerns. To find them, the report before the change is needed,
 * which the framework's mapper does not get, so the mapper returns nothing and the events are created here.
 */
final class NodeEventSource extends InformerEventSource<PassthroughNode, PassthroughVM> implements ReportedNodes {
    private final VmIndex vms;
    private final ReportedBars bars = new ReportedBars();

    NodeEventSource(EventSourceContext<PassthroughVM> context, VmIndex vms) {
        super(
                InformerEventSourceConfiguration.from(PassthroughNode.class, PassthroughVM.class)
                        .withName("nodes")
                        .withWatchAllNamespaces()
                        .withItemStore(TrimmedItemStore.ofNodes())
                        .withInformerListLimit(TrimmedItemStore.LIST_LIMIT)
                        .withSecondaryToPrimaryMapper(node -> Set.of())
                        // A VM reads the reports by name, so an index by VM is not needed.
                        .withPrimaryToSecondaryMapper((PassthroughVM vm) -> Set.of())
                        .build(),
                context);
        this.vms = vms;
    }

    @Override
    public void onAdd(PassthroughNode node) {
        super.onAdd(node);
        bars.put(node);
        trigger(Optional.empty(), Optional.of(node));
    }

    @Override
    public void onUpdate(PassthroughNode before, PassthroughNode node) {
        super.onUpdate(before, node);
        bars.put(node);
        trigger(Optional.of(before), Optional.of(node));
    }

    @Override
    public synchronized void onDelete(PassthroughNode node, boolean finalStateUnknown) {
        super.onDelete(node, finalStateUnknown);
        bars.remove(node);
        trigger(Optional.of(node), Optional.empty());
    }

    private void trigger(Optional<PassthroughNode> before, Optional<PassthroughNode> after) {
        // Until the controller has started there is no handler; then each VM is reconciled.
        if (getEventHandler() != null) {
            NodeReports.concerned(before, after, vms)
                    .forEach(vm -> getEventHandler().handleEvent(new Event(vm)));
        }
    }

    @Override
    public Optional<PassthroughNode> named(String node) {
        return get(new ResourceID(node));
    }

    @Override
    public List<PassthroughNode> all() {
        return list().toList();
    }

    @Override
    public BarSizes bars() {
        return bars.largest();
    }
}
