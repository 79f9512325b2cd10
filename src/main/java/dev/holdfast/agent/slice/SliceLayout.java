package dev.holdfast.agent.slice;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Distributes devices over slices. A device stays in the slice where it is, in its place, so that a change of devices
 * changes as few slices as possible. A new one goes where there is room, also in a slice that would be empty without it.
 * Pure.
 */
final class SliceLayout {
    /**
     * Maximum number of devices of a slice. The API allows 128, but 64 once any device has taints, counters or
     * list-typed attributes: with 64 no device has to move then.
     */
    static final int MAX_DEVICES = 64;

    private SliceLayout() {}

    /**
     * Devices of one slice.
     *
     * @param before the present slice; null for a new one
     */
    record Part(@Nullable PublishedSlice before, List<SliceDevice> devices) {}

    /**
     * Returns the slices of a pool, none of them empty.
     *
     * @param desired devices with unique names
     * @param present slices of the pool, the best ones first: a device that is in several stays in the first
     */
    static List<Part> of(List<SliceDevice> desired, List<PublishedSlice> present) {
        Map<String, SliceDevice> left = new TreeMap<>();
        desired.forEach(device -> left.put(device.name(), device));
        Map<PublishedSlice, List<SliceDevice>> kept = new LinkedHashMap<>();
        present.forEach(slice -> kept.put(slice, keep(slice, left)));
        List<Part> parts = new ArrayList<>();
        kept.forEach((slice, devices) -> {
            fill(devices, left);
            parts.add(new Part(slice, devices));
        });
        parts.removeIf(part -> part.devices().isEmpty());
        while (!left.isEmpty()) {
            List<SliceDevice> devices = new ArrayList<>();
            fill(devices, left);
            parts.add(new Part(null, devices));
        }
        return parts;
    }

    private static List<SliceDevice> keep(PublishedSlice slice, Map<String, SliceDevice> left) {
        List<SliceDevice> devices = new ArrayList<>();
        for (SliceDevice former : slice.devices()) {
            if (devices.size() == MAX_DEVICES) {
                break;
            }
            SliceDevice device = left.remove(former.name());
            if (device != null) {
                devices.add(device);
            }
        }
        return devices;
    }

    private static void fill(List<SliceDevice> devices, Map<String, SliceDevice> left) {
        while (devices.size() < MAX_DEVICES && !left.isEmpty()) {
            String first = left.keySet().iterator().next();
            devices.add(left.remove(first));
        }
    }
}
