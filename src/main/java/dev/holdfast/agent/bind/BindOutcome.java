package dev.holdfast.agent.bind;

import dev.holdfast.api.node.BindResult;
import dev.holdfast.pci.PciAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * State of a group after an action.
 *
 * @param reason  CamelCase, for an Event
 * @param message message for an Event and the node report
 * @param former  affected functions with their former drivers; null for none
 * @param use     use of the device; null unless the result is InUse
 */
record BindOutcome(
        BindResult result,
        String reason,
        String message,
        Map<PciAddress, @Nullable String> former,
        @Nullable DeviceInUse use) {
    static BindOutcome bound(BoundGroup group) {
        return new BindOutcome(BindResult.Bound, "DeviceBound", group.message(), drivers(group), null);
    }

    static BindOutcome restored(BoundGroup group, String message) {
        return new BindOutcome(BindResult.Restored, "DeviceRestored", message, drivers(group), null);
    }

    static BindOutcome gone(BoundGroup group) {
        return new BindOutcome(
                BindResult.Restored,
                "DeviceGone",
                group.id() + ", which was bound to vfio-pci for device class " + group.deviceClass()
                        + ", has left the PCI bus; nothing has to be given back, and it is treated as new when it returns",
                drivers(group),
                null);
    }

    static BindOutcome inUse(BindAction action, DeviceInUse use) {
        return new BindOutcome(BindResult.InUse, "DeviceInUse", use.message(), without(action.addresses()), use);
    }

    static BindOutcome failed(BindAction action, String message) {
        String reason = action instanceof BindAction.Bind ? "BindFailed" : "RestoreFailed";
        return new BindOutcome(BindResult.Failed, reason, message, without(action.addresses()), null);
    }

    /** Returns whether this outcome is the same as another, except for the process that uses the group. */
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
