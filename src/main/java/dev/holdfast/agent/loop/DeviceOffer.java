package dev.holdfast.agent.loop;

import dev.holdfast.agent.dra.ClaimableDevice;
import dev.holdfast.agent.plugin.PluginDevice;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.pci.GroupId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Devices that are offered to the kubelet and the container runtime.
 *
 * @param usable    groups that can be given to a VM by a device plugin now
 * @param devices   all devices of device plugins by class, including those with an obstacle; empty for a class without
 *                  devices here
 * @param claimable devices for ResourceClaims, including those with an obstacle and those that a claim has although
 *                  their class has changed
 * @param published groups of the claimable devices without an obstacle, for ResourceSlices
 */
record DeviceOffer(
        List<DeviceGroup> usable,
        Map<String, List<PluginDevice>> devices,
        List<ClaimableDevice> claimable,
        List<DeviceGroup> published) {

    /**
     * Creates the offer.
     *
     * @param obstacle returns the message why a group cannot be given to a VM now; null when it can
     * @param paths    path of each class
     * @param claimOf  returns the message that a claim has a group, from its ID; null when none has
     */
    static DeviceOffer of(
            Inventory inventory,
            List<DeviceClass> classes,
            Function<DeviceGroup, @Nullable String> obstacle,
            ClassPaths paths,
            Function<GroupId, @Nullable String> claimOf) {
        List<DeviceGroup> usable = new ArrayList<>();
        Map<String, List<PluginDevice>> devices = new TreeMap<>();
        List<ClaimableDevice> claimable = new ArrayList<>();
        List<DeviceGroup> published = new ArrayList<>();
        classes.stream()
                .map(DeviceClass::name)
                .filter(deviceClass -> !paths.byClaim(deviceClass))
                .forEach(deviceClass -> devices.put(deviceClass, new ArrayList<>()));
        for (DeviceGroup group : inventory.groups().values()) {
            String deviceClass = group.deviceClass();
            if (deviceClass == null) {
                continue;
            }
            GroupId id = group.id();
            String why = obstacle.apply(group);
            String claim = claimOf.apply(id);
            if (paths.byClaim(deviceClass) || claim != null) {
                claimable.add(new ClaimableDevice(id, deviceClass, why));
                if (why == null) {
                    published.add(group);
                }
            }
            // A class that is gone gets no device plugin for the sake of a claim that still has its device.
            if (paths.byClaim(deviceClass) || (claim != null && !devices.containsKey(deviceClass))) {
                continue;
            }
            if (why == null && claim == null) {
                usable.add(group);
            }
            devices.computeIfAbsent(deviceClass, any -> new ArrayList<>())
                    .add(new PluginDevice(id, group.numaNode(), group.pcieRoot(), why == null ? claim : why));
        }
        return new DeviceOffer(usable, devices, claimable, published);
    }
}
