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
 * The agents' reports. A change wakes only the VMs that it concerns, which takes the report before it: the framework's
 * mapper has only the one after it, so it maps to nothing and the events are made here.
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
                        // Every VM looks at all nodes, so there is nothing to index.
                        .withPrimaryToSecondaryMapper((PassthroughVM vm) -> Set.of())
                        .build(),
                context);
        this.context = context;
    }

    @Override
    public void onAdd(PassthroughNode node) {
        super.onAdd(node);
        wake(Optional.empty(), Optional.of(node));
    }

    @Override
    public void onUpdate(PassthroughNode before, PassthroughNode node) {
        super.onUpdate(before, node);
        wake(Optional.of(before), Optional.of(node));
    }

    @Override
    public synchronized void onDelete(PassthroughNode node, boolean finalStateUnknown) {
        super.onDelete(node, finalStateUnknown);
        wake(Optional.of(node), Optional.empty());
    }

    private void wake(Optional<PassthroughNode> before, Optional<PassthroughNode> after) {
        // Before the controller has started every VM is looked at anyway.
        if (getEventHandler() != null) {
            NodeReports.concerned(before, after, context.getPrimaryCache().list(vm -> true))
                    .forEach(vm -> getEventHandler().handleEvent(new Event(vm)));
        }
    }
}
