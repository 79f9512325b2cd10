package dev.holdfast.plan.claims;

import dev.holdfast.api.Names;
import dev.holdfast.api.StandardAttributes;
import dev.holdfast.plan.machine.ByteQuantity;
import dev.holdfast.plan.machine.Given;
import io.fabric8.kubernetes.api.model.resource.v1.Device;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAttribute;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceCapacity;
import io.fabric8.kubernetes.api.model.resource.v1.ResourcePool;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSliceSpec;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * A device that a driver offers in a ResourceSlice.
 *
 * @param node        empty when the slice is not of one node
 * @param attributes  as text, by qualified name: an unqualified one is in the driver's domain
 * @param memoryBytes size of its largest BAR, if the driver reports it
 */
public record SliceDevice(Id id, String node, Map<String, String> attributes, OptionalLong memoryBytes) {
    private static final String MEMORY = "memory";

    public SliceDevice {
        attributes = Map.copyOf(attributes);
    }

    /** Identifier of a device in the cluster, also in the status of a claim. */
    public record Id(String driver, String pool, String device) {}

    /** Returns the PCI function that it is on its node; empty when its driver does not publish that, or it has no node. */
    Optional<String> function() {
        return Given.of(attributes.get(StandardAttributes.PCI_BUS_ID)).filter(address -> !node.isEmpty());
    }

    /** Returns whether it is a device of Holdfast's driver. */
    boolean isOwn() {
        return id.driver().equals(Names.DRA_DRIVER);
    }

    /** Returns the devices of a slice. */
    static Stream<SliceDevice> of(ResourceSlice slice) {
        ResourceSliceSpec spec = slice.getSpec();
        String pool = Given.of(spec.getPool(), ResourcePool::getName).orElse("");
        String node = Given.of(spec.getNodeName()).orElse("");
        return Given.list(spec.getDevices()).stream()
                .map(device -> new SliceDevice(
                        new Id(spec.getDriver(), pool, device.getName()),
                        node,
                        attributes(spec.getDriver(), device),
                        memory(spec.getDriver(), device)));
    }

    private static Map<String, String> attributes(String driver, Device device) {
        Map<String, String> texts = new HashMap<>();
        Given.of(device.getAttributes())
                .orElse(Map.of())
                .forEach((name, value) -> text(value)
                        .findFirst()
                        .ifPresent(text -> texts.put(name.contains("/") ? name : driver + "/" + name, text)));
        return texts;
    }

    private static Stream<String> text(DeviceAttribute value) {
        return Stream.of(
                        Given.of(value.getString()),
                        Given.of(value.getInt()).map(String::valueOf),
                        Given.of(value.getBool()).map(String::valueOf),
                        Given.of(value.getVersion()))
                .flatMap(Optional::stream);
    }

    private static OptionalLong memory(String driver, Device device) {
        Map<String, DeviceCapacity> capacity = Given.of(device.getCapacity()).orElse(Map.of());
        return Given.of(capacity.get(MEMORY))
                .or(() -> Given.of(capacity.get(driver + "/" + MEMORY)))
                .flatMap(value -> Given.of(value.getValue()))
                .flatMap(quantity -> ByteQuantity.bytes(quantity.toString()))
                .map(OptionalLong::of)
                .orElse(OptionalLong.empty());
    }
}
