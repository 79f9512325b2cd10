package dev.holdfast.reconcile;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.Claims;
import dev.holdfast.plan.Observed;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.Set;
import java.util.stream.Collectors;

/** The PersistentVolumeClaims of VMs: watched, so that a VM starts when its claim comes. */
final class VmClaims {
    private VmClaims() {}

    static InformerEventSource<PersistentVolumeClaim, PassthroughVM> source(EventSourceContext<PassthroughVM> context) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(PersistentVolumeClaim.class, PassthroughVM.class)
                        .withName("claims")
                        .withWatchAllNamespaces()
                        .withItemStore(LeanStore.ofClaims())
                        .withInformerListLimit(LeanStore.LIST_LIMIT)
                        .withSecondaryToPrimaryMapper(claim -> users(claim, context))
                        .withPrimaryToSecondaryMapper((PassthroughVM vm) -> Observed.mountedClaims(vm).stream()
                                .map(name ->
                                        new ResourceID(name, vm.getMetadata().getNamespace()))
                                .collect(Collectors.toSet()))
                        .build(),
                context);
    }

    static Claims of(PassthroughVM vm, Context<PassthroughVM> context) {
        return Observed.mountedClaims(vm).isEmpty()
                ? Claims.unknown()
                : Claims.of(context.getSecondaryResources(PersistentVolumeClaim.class));
    }

    private static Set<ResourceID> users(PersistentVolumeClaim claim, EventSourceContext<PassthroughVM> context) {
        return context.getPrimaryCache()
                .list(
                        claim.getMetadata().getNamespace(),
                        vm -> Observed.mountedClaims(vm)
                                .contains(claim.getMetadata().getName()))
                .map(ResourceID::fromResource)
                .collect(Collectors.toSet());
    }
}
