package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassStatus;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.observed.ReportedNodes;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.Mappers;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Event sources of the reconciler in addition to VMs: pods, reports of the agents, device classes and claims, and the objects
 * of Dynamic Resource Allocation if the API server has them.
 */
final class VmEventSources {
    private VmEventSources() {}

    static List<EventSource<?, PassthroughVM>> of(EventSourceContext<PassthroughVM> context, VmIndex vms) {
        Stream<EventSource<?, PassthroughVM>> always = Stream.of(
                pods(context), new NodeEventSource(context, vms), classes(context, vms), VmClaims.source(context));
        return ClaimSources.areServed(context.getClient())
                ? Stream.concat(always, ClaimSources.of(context, vms).stream()).toList()
                : always.toList();
    }

    /** Returns the agents' reports. */
    static ReportedNodes nodes(List<EventSource<?, PassthroughVM>> sources) {
        return sources.stream()
                .filter(NodeEventSource.class::isInstance)
                .map(NodeEventSource.class::cast)
                .findFirst()
                .orElseThrow();
    }

    /** Returns the cached objects of this type. */
    static <R extends HasMetadata> List<R> cached(List<EventSource<?, PassthroughVM>> sources, Class<R> type) {
        return sources.stream()
                .filter(InformerEventSource.class::isInstance)
                .map(source -> (InformerEventSource<?, ?>) source)
                .filter(source -> source.resourceType() == type)
                .flatMap(source -> source.list())
                .map(type::cast)
                .toList();
    }

    /** Returns those of the VMs that have no pod. */
    static Stream<PassthroughVM> withoutPod(List<EventSource<?, PassthroughVM>> sources, Stream<PassthroughVM> vms) {
        InformerEventSource<?, ?> pods = sources.stream()
                .filter(InformerEventSource.class::isInstance)
                .map(source -> (InformerEventSource<?, ?>) source)
                .filter(source -> source.resourceType() == Pod.class)
                .findFirst()
                .orElseThrow();
        return vms.filter(vm -> pods.get(ResourceID.fromResource(vm)).isEmpty());
    }

    private static InformerEventSource<Pod, PassthroughVM> pods(EventSourceContext<PassthroughVM> context) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(Pod.class, PassthroughVM.class)
                        .withName("pods")
                        .withWatchAllNamespaces()
                        .withItemStore(TrimmedItemStore.ofPods())
                        .withInformerListLimit(TrimmedItemStore.LIST_LIMIT)
                        .withLabelSelector(Names.VM_POD_LABEL + "=true")
                        .withSecondaryToPrimaryMapper(Mappers.fromOwnerReferences(PassthroughVM.class))
                        .build(),
                context);
    }

    /**
     * Triggers the VMs that wait for a node when a class is added or deleted, or its conditions change: they use only the names
     * of classes, and whether DRA offers their extended resources.
     */
    private static InformerEventSource<PassthroughDeviceClass, PassthroughVM> classes(
            EventSourceContext<PassthroughVM> context, VmIndex vms) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(PassthroughDeviceClass.class, PassthroughVM.class)
                        .withName("classes")
                        .withWatchAllNamespaces()
                        .withItemStore(TrimmedItemStore.create())
                        .withInformerListLimit(TrimmedItemStore.LIST_LIMIT)
                        .withSecondaryToPrimaryMapper(deviceClass ->
                                vms.waiting().map(ResourceID::fromResource).collect(Collectors.toSet()))
                        .withOnUpdateFilter((now, before) -> !conditions(now).equals(conditions(before)))
                        .withPrimaryToSecondaryMapper((PassthroughVM vm) -> Set.of())
                        .build(),
                context);
    }

    private static List<Condition> conditions(PassthroughDeviceClass deviceClass) {
        return Given.list(Given.of(deviceClass.getStatus(), PassthroughDeviceClassStatus::conditions));
    }
}
