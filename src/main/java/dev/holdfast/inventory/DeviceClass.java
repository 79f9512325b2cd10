package dev.holdfast.inventory;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Binding;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Companions;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.pci.PciAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A device class as the agent applies it.
 *
 * @param name         of the custom resource; with a prefix it is the name of the extended resource
 * @param selectors    a group is in the class when one of its functions matches any of them
 * @param nodeSelector labels that the Node must have, all of them
 * @param binding      who binds the devices to vfio-pci
 * @param companions   what the guest gets besides the main function
 * @param allocation   path by which pods get the devices
 */
public record DeviceClass(
        String name,
        List<Selector> selectors,
        Map<String, String> nodeSelector,
        Binding binding,
        Companions companions,
        Allocation allocation) {
    /** Maximum length of the name part of an extended resource (Kubernetes, IsQualifiedName). */
    static final int MAX_NAME = 63;

    public DeviceClass {
        selectors = List.copyOf(selectors);
        nodeSelector = Map.copyOf(nodeSelector);
    }

    /** Returns the class of a custom resource; absent fields get the schema's defaults. */
    public static DeviceClass of(String name, PassthroughDeviceClassSpec spec) {
        return new DeviceClass(
                name,
                spec.selectors(),
                Objects.requireNonNullElse(spec.nodeSelector(), Map.of()),
                Objects.requireNonNullElse(spec.binding(), Binding.Adopt),
                Objects.requireNonNullElse(spec.companions(), Companions.Auto),
                Objects.requireNonNullElse(spec.allocation(), Allocation.DevicePlugin));
    }

    /** Returns whether the class applies to a Node with these labels. */
    public boolean isFor(Map<String, String> labels) {
        return labels.entrySet().containsAll(nodeSelector.entrySet());
    }

    /** Returns whether the agent unbinds its devices from their native drivers. */
    public boolean binds() {
        return binding == Binding.Bind;
    }

    boolean matches(PciFunction function) {
        return selectors.stream().anyMatch(selector -> !empty(selector) && matches(selector, function));
    }

    /**
     * Returns whether a selector has no fields. Such a selector would match all functions of the node, so it matches none.
     */
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
        return matchesField(selector.vendorID(), function.vendorID())
                && matchesField(selector.deviceID(), function.deviceID())
                && matchesField(selector.subsystemVendorID(), function.subsystemVendorID())
                && matchesField(selector.subsystemID(), function.subsystemID())
                && (selector.classCode() == null || function.classCode().startsWith(selector.classCode()))
                && (selector.address() == null || isAt(selector.address(), function.address()));
    }

    /** Compares addresses and not texts: 00000000:03:00.0 is 0000:03:00.0. An invalid address matches nothing. */
    private static boolean isAt(String wanted, PciAddress found) {
        return PciAddress.of(wanted).equals(Optional.of(found));
    }

    private static boolean matchesField(@Nullable String wanted, String found) {
        return wanted == null || wanted.equals(found);
    }
}
