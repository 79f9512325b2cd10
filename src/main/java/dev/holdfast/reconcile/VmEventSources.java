package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughDeviceClass;
import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.PassthroughNodeStatus.Grant;
import dev.holdfast.api.PassthroughVM;
import dev.holdfast.api.PassthroughVMStatus;
import dev.holdfast.api.PassthroughVMStatus.Phase;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.Mappers;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What wakes the reconciler besides the VM itself: its pod, the reports of the agents, and device classes. */
final class VmEventSources {
    /** Phases in which a VM waits for something that an agent will report. */
    private static final Set<Phase> WAITING = EnumSet.of(Phase.Pending, Phase.Starting, Phase.Stopping, Phase.Failed);

    private VmEventSources() {}

    static List<EventSource<?, PassthroughVM>> of(EventSourceContext<PassthroughVM> context) {
        return List.of(pods(context), nodes(context), classes(context), VmClaims.source(context));
    }

    private static InformerEventSource<Pod, PassthroughVM> pods(EventSourceContext<PassthroughVM> context) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(Pod.class, PassthroughVM.class)
                        .withName("pods")
                        .withWatchAllNamespaces()
                        .withItemStore(LeanStore.create())
                        .withInformerListLimit(LeanStore.LIST_LIMIT)
                        .withLabelSelector(Names.VM_POD_LABEL + "=true")
                        .withSecondaryToPrimaryMapper(Mappers.fromOwnerReferences(PassthroughVM.class))
                        .build(),
                context);
    }

    /** Every VM looks at all nodes, so there is nothing to index: the second mapper says so. */
    private static InformerEventSource<PassthroughNode, PassthroughVM> nodes(
            EventSourceContext<PassthroughVM> context) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(PassthroughNode.class, PassthroughVM.class)
                        .withName("nodes")
                        .withWatchAllNamespaces()
                        .withItemStore(LeanStore.ofNodes())
                        .withInformerListLimit(LeanStore.LIST_LIMIT)
                        .withSecondaryToPrimaryMapper(node -> concerned(node, context))
                        .withPrimaryToSecondaryMapper((PassthroughVM vm) -> Set.of())
                        .build(),
                context);
    }

    /** Only their names are of interest, to VMs that wait for a node. */
    private static InformerEventSource<PassthroughDeviceClass, PassthroughVM> classes(
            EventSourceContext<PassthroughVM> context) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(PassthroughDeviceClass.class, PassthroughVM.class)
                        .withName("classes")
                        .withWatchAllNamespaces()
                        .withItemStore(LeanStore.create())
                        .withInformerListLimit(LeanStore.LIST_LIMIT)
                        .withSecondaryToPrimaryMapper(deviceClass -> context.getPrimaryCache()
                                .list(VmEventSources::isWaiting)
                                .map(ResourceID::fromResource)
                                .collect(Collectors.toSet()))
                        .withPrimaryToSecondaryMapper((PassthroughVM vm) -> Set.of())
                        .build(),
                context);
    }

    /** The VMs that the node names, and those that may wait for what it no longer names. */
    private static Set<ResourceID> concerned(PassthroughNode node, EventSourceContext<PassthroughVM> context) {
        return Stream.concat(
                        granted(node),
                        context.getPrimaryCache()
                                .list(VmEventSources::isWaiting)
                                .map(ResourceID::fromResource))
                .collect(Collectors.toSet());
    }

    private static Stream<ResourceID> granted(PassthroughNode node) {
        if (node.getStatus() == null || node.getStatus().grants() == null) {
            return Stream.empty();
        }
        return node.getStatus().grants().stream().map(Grant::vm).map(vm -> new ResourceID(vm.name(), vm.namespace()));
    }

    private static boolean isWaiting(PassthroughVM vm) {
        PassthroughVMStatus status = vm.getStatus();
        return status == null
                || status.phase() == null
                || status.formerPods() != null
                || WAITING.contains(status.phase());
    }
}
