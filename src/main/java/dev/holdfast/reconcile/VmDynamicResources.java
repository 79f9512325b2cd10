package dev.holdfast.reconcile;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassStatus;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.claims.DynamicResources;
import dev.holdfast.plan.claims.DynamicResources.State;
import dev.holdfast.plan.claims.SliceDevices;
import dev.holdfast.plan.deviceclass.DeviceClassPlan;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.machine.TolerantSpec;
import dev.holdfast.plan.observed.ObservedPod;
import dev.holdfast.plan.status.VmConditions;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Reads the objects of Dynamic Resource Allocation that concern a VM from the caches. */
final class VmDynamicResources {
    private final List<EventSource<?, PassthroughVM>> sources;
    /** True if the API server has these objects, and so the sources their caches. */
    private final boolean served;

    VmDynamicResources(List<EventSource<?, PassthroughVM>> sources) {
        this.sources = sources;
        this.served = sources.stream()
                .filter(InformerEventSource.class::isInstance)
                .anyMatch(source -> source.resourceType() == DeviceClass.class);
    }

    /** Returns the DeviceClasses; empty when the API server has none. */
    Optional<List<DeviceClass>> deviceClasses() {
        return served ? Optional.of(cached(DeviceClass.class)) : Optional.empty();
    }

    /** Reads the objects; for a VM without claims only the faults of extended resources and of its pod. */
    DynamicResources of(PassthroughVM vm, Optional<Pod> pod, KubernetesClient client, Instant now) {
        Map<String, Cause> notOffered = notOffered(vm);
        Optional<String> failure = pod.filter(found -> found.getSpec() != null)
                .filter(found -> new ObservedPod(found).hasResourceClaims())
                .flatMap(found -> new PrepareFailures(client).of(found, now));
        if (!served || TolerantSpec.resourceClaims(vm.getSpec()).isEmpty()) {
            return DynamicResources.empty(served ? State.READ : State.NOT_SERVED, notOffered, failure);
        }
        String namespace = vm.getMetadata().getNamespace();
        List<ResourceClaim> claims = cached(ResourceClaim.class);
        return new DynamicResources(
                State.READ,
                byName(claims.stream()
                        .filter(claim -> namespace.equals(claim.getMetadata().getNamespace()))
                        .toList()),
                byName(cached(ResourceClaimTemplate.class).stream()
                        .filter(template ->
                                namespace.equals(template.getMetadata().getNamespace()))
                        .toList()),
                byName(cached(DeviceClass.class)),
                SliceDevices.of(cached(ResourceSlice.class), claims),
                pod.map(found -> new ObservedPod(found).generatedClaims()).orElse(Map.of()),
                notOffered,
                failure);
    }

    /** Returns why the extended resources that the VM requests are not offered, from the conditions of their classes. */
    private Map<String, Cause> notOffered(PassthroughVM vm) {
        Map<String, Cause> causes = new HashMap<>();
        for (PassthroughDeviceClass deviceClass : cached(PassthroughDeviceClass.class)) {
            String resource = Names.resourceOf(deviceClass.getMetadata().getName());
            if (DeviceClassPlan.wantsDra(deviceClass)
                    && TolerantSpec.deviceCounts(vm.getSpec()).containsKey(resource)) {
                VmConditions.find(
                                Given.of(deviceClass.getStatus(), PassthroughDeviceClassStatus::conditions)
                                        .orElse(null),
                                DeviceClassPlan.EXTENDED_RESOURCE)
                        .filter(condition -> "False".equals(condition.getStatus()))
                        .ifPresent(condition -> causes.put(resource, Cause.of(condition)));
            }
        }
        return causes;
    }

    private <R extends HasMetadata> List<R> cached(Class<R> type) {
        return VmEventSources.cached(sources, type);
    }

    private static <R extends HasMetadata> Map<String, R> byName(Collection<R> objects) {
        return objects.stream()
                .collect(Collectors.toMap(
                        object -> object.getMetadata().getName(), Function.identity(), (first, second) -> first));
    }
}
