package dev.holdfast.inventory;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Binding;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Companions;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.pci.PciFunction;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A device class as the agent applies it.
 *
 * @param name         of the custom resource; with the prefix the name of the extended resource
 * @param selectors    any of them brings a function's group into the class
 * @param nodeSelector labels that the Node has to have, all of them
 * @param binding      who puts the devices on vfio-pci
 * @param companions   what the guest gets beside the main function
 */
public record DeviceClass(
        String name,
        List<Selector> selectors,
        Map<String, String> nodeSelector,
        Binding binding,
        Companions companions) {
    /** The name part of an extended resource takes no more (Kubernetes, IsQualifiedName). */
    static final int MAX_NAME = 63;

    public DeviceClass {
        selectors = List.copyOf(selectors);
        nodeSelector = Map.copyOf(nodeSelector);
    }

    /** On every node, adopted, with companions. */
    public DeviceClass(String name, List<Selector> selectors) {
        this(name, selectors, Map.of(), Binding.Adopt, Companions.Auto);
    }

    /** The custom resource's; what is absent there is as the schema's defaults say. */
    public static DeviceClass of(String name, PassthroughDeviceClassSpec spec) {
        return new DeviceClass(
                name,
                spec.selectors(),
                Objects.requireNonNullElse(spec.nodeSelector(), Map.of()),
                Objects.requireNonNullElse(spec.binding(), Binding.Adopt),
                Objects.requireNonNullElse(spec.companions(), Companions.Auto));
    }

    /** Whether a Node with these labels has the class. */
    public boolean isFor(Map<String, String> labels) {
        return labels.entrySet().containsAll(nodeSelector.entrySet());
    }

    /** Whether the agent takes its devices from their native drivers. */
    public boolean binds() {
        return binding == Binding.Bind;
    }

    boolean matches(PciFunction function) {
        return selectors.stream().anyMatch(selector -> !empty(selector) && matches(selector, function));
    }

    /** A selector without a field would match all of the node; it matches nothing. */
    static boolean empty(Selector selector) {
        return Stream.of(
                        selector.vendorID(),
                        selector.deviceID(),
                        selector.subsystemVendorID(),
                        selector.subsystemID(),
                        selector.classCode(),
                        selector.address())
                .allMatch(Objects::isNull);
    }

    private static boolean matches(Selector selector, PciFunction function) {
        return given(selector.vendorID(), function.vendorID())
                && given(selector.deviceID(), function.deviceID())
                && given(selector.subsystemVendorID(), function.subsystemVendorID())
                && given(selector.subsystemID(), function.subsystemID())
                && (selector.classCode() == null || function.classCode().startsWith(selector.classCode()))
                && (selector.address() == null || isAt(selector.address(), function.address()));
    }

    /** As an address and not as text: 00000000:03:00.0 is 0000:03:00.0. What is none matches nothing. */
    private static boolean isAt(String wanted, PciAddress found) {
        return PciAddress.isAddress(wanted) && PciAddress.parse(wanted).equals(found);
    }

    private static boolean given(@Nullable String wanted, String found) {
        return wanted == null || wanted.equals(found);
    }
}
