package dev.holdfast.agent.loop;

import dev.holdfast.agent.plugin.PluginDevice;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.inventory.Inventory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Devices that are offered to the kubelet and the container runtime.
 *
 * @param usable  groups that can be given to a VM now
 * @param devices all devices by class, including those with an obstacle; empty for a class without devices here
 */
record DeviceOffer(List<DeviceGroup> usable, Map<String, List<PluginDevice>> devices) {

    /**
     * Creates the offer.
     *
     * @param obstacle returns the message why a group cannot be given to a VM now; null when it can
     */
    static DeviceOffer of(
            Inventory inventory, List<DeviceClass> classes, Function<DeviceGroup, @Nullable String> obstacle) {
        List<DeviceGroup> usable = new ArrayList<>();
        Map<String, List<PluginDevice>> devices = new TreeMap<>();
        classes.forEach(deviceClass -> devices.put(deviceClass.name(), new ArrayList<>()));
        for (DeviceGroup group : inventory.groups().values()) {
            String deviceClass = group.deviceClass();
            if (deviceClass == null) {
                continue;
            }
            String why = obstacle.apply(group);
            if (why == null) {
                usable.add(group);
            }
            devices.computeIfAbsent(deviceClass, any -> new ArrayList<>())
                    .add(new PluginDevice(group.id(), group.numaNode(), group.pcieRoot(), why));
        }
        return new DeviceOffer(usable, devices);
    }
}
