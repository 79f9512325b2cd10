package dev.holdfast.plan.claims;

import dev.holdfast.api.Cause;
import dev.holdfast.plan.claims.DynamicResources.State;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.resource.v1.Device;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAttributeBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceConstraintBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Objects of Dynamic Resource Allocation around a VM. */
public final class DraObjects {
    private DraObjects() {}

    /** The DeviceClass that the operator keeps for a PassthroughDeviceClass. */
    public static DeviceClass own(String name) {
        return deviceClass(name, DeviceSelection.expression(name));
    }

    public static DeviceClass deviceClass(String name, String expression) {
        return Serialization.unmarshal("""
                apiVersion: resource.k8s.io/v1
                kind: DeviceClass
                metadata: {name: %s}
                spec: {selectors: [{cel: {expression: "%s"}}]}
                """.formatted(name, expression), DeviceClass.class);
    }

    /** A claim with these requests, in YAML, and this status. */
    public static ResourceClaim claim(String name, String requests, String status) {
        return Serialization.unmarshal("""
                apiVersion: resource.k8s.io/v1
                kind: ResourceClaim
                metadata: {namespace: lab, name: %s}
                spec: {devices: {requests: [%s]}}
                status: {%s}
                """.formatted(name, requests, status), ResourceClaim.class);
    }

    public static ResourceClaimTemplate template(String name, String requests) {
        return Serialization.unmarshal("""
                apiVersion: resource.k8s.io/v1
                kind: ResourceClaimTemplate
                metadata: {namespace: lab, name: %s}
                spec: {spec: {devices: {requests: [%s]}}}
                """.formatted(name, requests), ResourceClaimTemplate.class);
    }

    /** Devices {@code d0}, {@code d1} ... of a class, each with a BAR of this size. */
    public static ResourceSlice slice(
            String driver, String node, int generation, String deviceClass, String... memory) {
        String devices = IntStream.range(0, memory.length)
                .mapToObj(i -> "{name: d%d, attributes: {deviceClass: {string: %s}}, capacity: {memory: {value: %s}}}"
                        .formatted(i, deviceClass, memory[i]))
                .collect(Collectors.joining(", "));
        return Serialization.unmarshal(
                """
                apiVersion: resource.k8s.io/v1
                kind: ResourceSlice
                metadata: {name: %s-%d}
                spec:
                  driver: %s
                  nodeName: %s
                  pool: {name: %s, generation: %d, resourceSliceCount: 1}
                  devices: [%s]
                """.formatted(node, generation, driver, node, node, generation, devices), ResourceSlice.class);
    }

    /** Has all devices of a claim agree in an attribute. */
    static ResourceClaim constrained(ResourceClaim claim, String attribute) {
        claim.getSpec()
                .getDevices()
                .setConstraints(List.of(new DeviceConstraintBuilder()
                        .withMatchAttribute(attribute)
                        .build()));
        return claim;
    }

    /** Names the device of a slice and its pool, and puts it under a PCIe root; an empty one is unknown. */
    static ResourceSlice deviceUnderRoot(ResourceSlice slice, String name, String root) {
        Device device = slice.getSpec().getDevices().getFirst();
        device.setName(name);
        slice.getSpec().getPool().setName(name);
        if (!root.isEmpty()) {
            device.getAttributes()
                    .put(
                            "resource.kubernetes.io/pcieRoot",
                            new DeviceAttributeBuilder().withString(root).build());
        }
        return slice;
    }

    /** A slice of one device with an address. */
    public static ResourceSlice deviceAt(String driver, String node, String deviceClass, String address) {
        ResourceSlice slice = slice(driver, node, 1, deviceClass, "1Gi");
        slice.getMetadata().setName(driver + "-" + node + "-" + deviceClass);
        slice.getSpec().getPool().setName(node + "-" + deviceClass);
        slice.getSpec()
                .getDevices()
                .getFirst()
                .getAttributes()
                .put(
                        "resource.kubernetes.io/pciBusID",
                        new DeviceAttributeBuilder().withString(address).build());
        return slice;
    }

    /** The allocation of a device for a request, in YAML. */
    public static String allocated(String request, String driver, String node, String device) {
        return "allocation: {devices: {results: [{request: %s, driver: %s, pool: %s, device: %s}]}, nodeSelector: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [%s]}]}]}}"
                .formatted(request, driver, node, device, node);
    }

    /** What was read of these objects. */
    public static DynamicResources read(HasMetadata... objects) {
        return read(Map.of(), Optional.empty(), objects);
    }

    public static DynamicResources read(
            Map<String, String> generated, Optional<String> prepareFailure, HasMetadata... objects) {
        Map<String, ResourceClaim> claims = byName(ResourceClaim.class, objects);
        List<ResourceSlice> slices = Arrays.stream(objects)
                .filter(ResourceSlice.class::isInstance)
                .map(ResourceSlice.class::cast)
                .toList();
        return new DynamicResources(
                State.READ,
                claims,
                byName(ResourceClaimTemplate.class, objects),
                byName(DeviceClass.class, objects),
                SliceDevices.of(slices, claims.values()),
                generated,
                Map.<String, Cause>of(),
                prepareFailure);
    }

    private static <R extends HasMetadata> Map<String, R> byName(Class<R> type, HasMetadata... objects) {
        return Arrays.stream(objects)
                .filter(type::isInstance)
                .map(type::cast)
                .collect(Collectors.toMap(object -> object.getMetadata().getName(), Function.identity()));
    }
}
