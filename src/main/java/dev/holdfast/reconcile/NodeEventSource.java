package dev.holdfast.reconcile;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.Optional;
import java.util.Set;

/**
 * The agents' reports. A change triggers only the VMs that it concerns. To find them, the report before the change is needed,
 * which the framework's mapper does not get, so the mapper returns nothing and the events are created here.
 */
final class NodeEventSource extends InformerEventSource<PassthroughNode, PassthroughVM> {
    private final EventSourceContext<PassthroughVM> context;

    NodeEventSource(EventSourceContext<PassthroughVM> context) {
        super(
                InformerEventSourceConfiguration.from(PassthroughNode.class, PassthroughVM.class)
                        .withName("nodes")
                        .withWatchAllNamespaces()
                        .withItemStore(TrimmedItemStore.ofNodes())
                        .withInformerListLimit(TrimmedItemStore.LIST_LIMIT)
                        .withSecondaryToPrimaryMapper(node -> Set.of())
                        // Each VM reads all nodes, so an index is not needed.
                        .withPrimaryToSecondaryMapper((PassthroughVM vm) -> Set.of())
                        .build(),
                context);
        this.context = context;
    }

    @Override
    public void onAdd(PassthroughNode node) {
        super.onAdd(node);
        trigger(Optional.empty(), Optional.of(node));
    }

    @Override
    public void onUpdate(PassthroughNode before, PassthroughNode node) {
        super.onUpdate(before, node);
        trigger(Optional.of(before), Optional.of(node));
    }

    @Override
    public synchronized void onDelete(PassthroughNode node, boolean finalStateUnknown) {
        super.onDelete(node, finalStateUnknown);
        trigger(Optional.of(node), Optional.empty());
    }

    private void trigger(Optional<PassthroughNode> before, Optional<PassthroughNode> after) {
        // Until the controller has started there is no handler; then each VM is reconciled.
        if (getEventHandler() != null) {
            NodeReports.concerned(before, after, context.getPrimaryCache().list(vm -> true))
                    .forEach(vm -> getEventHandler().handleEvent(new Event(vm)));
        }
    }
}
