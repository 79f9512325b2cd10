package dev.holdfast.agent.bind;

import dev.holdfast.api.node.BindResult;
import dev.holdfast.host.pci.PciAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How it stands with a group.
 *
 * @param reason  CamelCase, for an Event
 * @param message what was found, and what to do
 * @param former  the functions that it is about, with the driver that each had before; null for none
 * @param use     by whom it is in use; null unless that is the result
 */
record BindOutcome(
        BindResult result,
        String reason,
        String message,
        Map<PciAddress, @Nullable String> former,
        @Nullable DeviceInUse use) {
    static BindOutcome bound(BoundGroup group) {
        return new BindOutcome(BindResult.Bound, "DeviceBound", group.sentence(), drivers(group), null);
    }

    static BindOutcome restored(BoundGroup group, String message) {
        return new BindOutcome(BindResult.Restored, "DeviceRestored", message, drivers(group), null);
    }

    static BindOutcome gone(BoundGroup group) {
        return new BindOutcome(
                BindResult.Restored,
                "DeviceGone",
                group.id() + ", which was bound to vfio-pci for the device class " + group.deviceClass()
                        + ", has left the PCI bus; there is nothing to give back, and when it returns it is treated as new",
                drivers(group),
                null);
    }

    static BindOutcome inUse(BindAction action, DeviceInUse use) {
        return new BindOutcome(BindResult.InUse, "DeviceInUse", use.sentence(), without(action.addresses()), use);
    }

    static BindOutcome failed(BindAction action, String message) {
        String reason = action instanceof BindAction.Bind ? "BindFailed" : "RestoreFailed";
        return new BindOutcome(BindResult.Failed, reason, message, without(action.addresses()), null);
    }

    /** Whether this tells the same as another, but for who it is that uses the group. */
    boolean sameKind(BindOutcome other) {
        return equals(other) || use != null && other.use != null && use.sameKind(other.use);
    }

    boolean warning() {
        return result == BindResult.InUse || result == BindResult.Failed;
    }

    private static Map<PciAddress, @Nullable String> drivers(BoundGroup group) {
        Map<PciAddress, @Nullable String> drivers = new HashMap<>();
        group.functions().forEach(function -> drivers.put(function.address(), function.driver()));
        return drivers;
    }

    private static Map<PciAddress, @Nullable String> without(List<PciAddress> addresses) {
        Map<PciAddress, @Nullable String> drivers = new HashMap<>();
        addresses.forEach(address -> drivers.put(address, null));
        return drivers;
    }
}
