package dev.holdfast.reconcile;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.machine.TolerantSpec;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.SecondaryToPrimaryMapper;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Event sources of Dynamic Resource Allocation, for API servers that have it. Each triggers the VMs that it concerns. */
public final class ClaimSources {
    /** Group and version of the objects, GA since Kubernetes 1.34. */
    private static final String API = "resource.k8s.io/v1";

    private ClaimSources() {}

    /** Returns whether the API server has these objects. */
    public static boolean areServed(KubernetesClient client) {
        return client.getApiResources(API) != null;
    }

    static List<EventSource<?, PassthroughVM>> of(EventSourceContext<PassthroughVM> context, VmIndex vms) {
        return List.of(
                source(
                        context,
                        ResourceClaim.class,
                        "resourceclaims",
                        TrimmedItemStore.ofDynamicResources(),
                        claim -> users(claim, context)),
                source(
                        context,
                        ResourceClaimTemplate.class,
                        "resourceclaimtemplates",
                        TrimmedItemStore.ofDynamicResources(),
                        template -> named(template, context)),
                source(
                        context,
                        DeviceClass.class,
                        "deviceclasses",
                        TrimmedItemStore.ofDynamicResources(),
                        ignored -> waiting(vms)),
                source(
                        context,
                        ResourceSlice.class,
                        "resourceslices",
                        new SliceStore(TrimmedItemStore.ofDynamicResources()),
                        ignored -> waiting(vms)));
    }

    private static <R extends HasMetadata> InformerEventSource<R, PassthroughVM> source(
            EventSourceContext<PassthroughVM> context,
            Class<R> type,
            String name,
            ItemStore<R> store,
            SecondaryToPrimaryMapper<R> concerned) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(type, PassthroughVM.class)
                        .withName(name)
                        .withWatchAllNamespaces()
                        .withItemStore(store)
                        .withInformerListLimit(TrimmedItemStore.LIST_LIMIT)
                        .withSecondaryToPrimaryMapper(concerned)
                        // They are read from the cache by the names in the spec and in the pod's status.
                        .withPrimaryToSecondaryMapper((PassthroughVM vm) -> Set.of())
                        .build(),
                context);
    }

    /** Returns the VMs that name the claim, and the VM of the pod that it was created for, which has the same name. */
    private static Set<ResourceID> users(ResourceClaim claim, EventSourceContext<PassthroughVM> context) {
        String namespace = claim.getMetadata().getNamespace();
        Stream<ResourceID> owners = claim.getMetadata().getOwnerReferences().stream()
                .filter(owner -> "Pod".equals(owner.getKind()))
                .map(owner -> new ResourceID(owner.getName(), namespace))
                .filter(vm -> context.getPrimaryCache().get(vm).isPresent());
        return Stream.concat(owners, named(claim, context).stream()).collect(Collectors.toSet());
    }

    private static Set<ResourceID> named(HasMetadata object, EventSourceContext<PassthroughVM> context) {
        return of(
                context.getPrimaryCache().list(object.getMetadata().getNamespace(), hasClaims()),
                vm -> TolerantSpec.resourceClaims(vm.getSpec())
                        .contains(object.getMetadata().getName()));
    }

    private static Set<ResourceID> waiting(VmIndex vms) {
        return of(vms.waiting(), hasClaims());
    }

    private static Set<ResourceID> of(Stream<PassthroughVM> vms, Predicate<PassthroughVM> concerned) {
        return vms.filter(concerned).map(ResourceID::fromResource).collect(Collectors.toSet());
    }

    private static Predicate<PassthroughVM> hasClaims() {
        return vm -> !TolerantSpec.resourceClaims(vm.getSpec()).isEmpty();
    }
}
