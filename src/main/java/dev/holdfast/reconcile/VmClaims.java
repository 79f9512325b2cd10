package dev.holdfast.reconcile;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.lifecycle.ObservedState;
import dev.holdfast.plan.observed.VolumeClaims;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.Set;
import java.util.stream.Collectors;

/** The PersistentVolumeClaims of VMs, which are watched so that a VM starts when its claim is created. */
final class VmClaims {
    private VmClaims() {}

    static InformerEventSource<PersistentVolumeClaim, PassthroughVM> source(EventSourceContext<PassthroughVM> context) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(PersistentVolumeClaim.class, PassthroughVM.class)
                        .withName("claims")
                        .withWatchAllNamespaces()
                        .withItemStore(TrimmedItemStore.ofClaims())
                        .withInformerListLimit(TrimmedItemStore.LIST_LIMIT)
                        .withSecondaryToPrimaryMapper(claim -> users(claim, context))
                        .withPrimaryToSecondaryMapper((PassthroughVM vm) -> ObservedState.mountedClaims(vm).stream()
                                .map(name ->
                                        new ResourceID(name, vm.getMetadata().getNamespace()))
                                .collect(Collectors.toSet()))
                        .build(),
                context);
    }

    static VolumeClaims of(PassthroughVM vm, Context<PassthroughVM> context) {
        return ObservedState.mountedClaims(vm).isEmpty()
                ? VolumeClaims.unknown()
                : VolumeClaims.of(context.getSecondaryResources(PersistentVolumeClaim.class));
    }

    private static Set<ResourceID> users(PersistentVolumeClaim claim, EventSourceContext<PassthroughVM> context) {
        return context.getPrimaryCache()
                .list(
                        claim.getMetadata().getNamespace(),
                        vm -> ObservedState.mountedClaims(vm)
                                .contains(claim.getMetadata().getName()))
                .map(ResourceID::fromResource)
                .collect(Collectors.toSet());
    }
}
