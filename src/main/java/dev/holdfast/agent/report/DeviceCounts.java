package dev.holdfast.agent.report;

import dev.holdfast.api.node.Device;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.telemetry.AgentMeters.DeviceKind;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Counts of the devices of a node report. */
public final class DeviceCounts {
    private DeviceCounts() {}

    /** Sets the metrics of functions by class and state, and of groups by whether they are viable. */
    public static void count(List<Device> devices, AgentMeters meters) {
        Map<DeviceKind, Integer> kinds = new HashMap<>();
        Set<String> viable = new HashSet<>();
        Set<String> others = new HashSet<>();
        for (Device device : devices) {
            String deviceClass = Objects.requireNonNullElse(device.deviceClass(), "");
            kinds.merge(new DeviceKind(deviceClass, device.state().name()), 1, Integer::sum);
            if (device.groupID() != null) {
                (device.viable() ? viable : others).add(device.groupID());
            }
        }
        meters.devices(kinds, viable.size(), others.size());
    }
}
