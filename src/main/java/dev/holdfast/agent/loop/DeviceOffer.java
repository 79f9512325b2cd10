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
 * What the kubelet and the container runtime are told of.
 *
 * @param usable  groups that can be given to a VM now
 * @param devices by class: all that it offers, those with an obstacle included; empty for a class that has nothing here
 */
record DeviceOffer(List<DeviceGroup> usable, Map<String, List<PluginDevice>> devices) {

    /** @param obstacle why a group cannot be given to a VM now; null when it can */
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
                    .add(new PluginDevice(group.id().toString(), group.numaNode(), group.pcieRoot(), why));
        }
        return new DeviceOffer(usable, devices);
    }
}
