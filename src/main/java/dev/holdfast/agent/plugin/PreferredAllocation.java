package dev.holdfast.agent.plugin;

import dev.holdfast.pci.GroupId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Selects devices for one VM: preferably of one NUMA node, and within it below one PCIe root. Of several places that
 * are large enough the smallest is used, so that larger places remain for larger VMs.
 */
final class PreferredAllocation {
    private static final String UNKNOWN = "";

    /** Borders between places, from the most expensive to the least. */
    private static final List<Function<PluginDevice, String>> BORDERS = List.of(
            device -> device.numaNode() == null ? UNKNOWN : device.numaNode().toString(),
            device -> device.pcieRoot() == null ? UNKNOWN : device.pcieRoot());

    private PreferredAllocation() {}

    /**
     * Selects devices.
     *
     * @param available devices to select from, including required ones
     * @param must      IDs that are required in the result
     * @param count     number of devices to select
     * @return IDs, required ones first; fewer than {@code count} when fewer are available
     */
    static List<GroupId> of(List<PluginDevice> available, Set<GroupId> must, int count) {
        List<PluginDevice> fixed = new ArrayList<>();
        List<PluginDevice> open = new ArrayList<>();
        available.stream()
                .sorted(Comparator.comparing(PluginDevice::id))
                .forEach(device -> (must.contains(device.id()) ? fixed : open).add(device));
        List<PluginDevice> chosen = new ArrayList<>(fixed);
        chosen.addAll(pick(open, fixed, Math.max(0, count - fixed.size()), BORDERS));
        return chosen.stream().map(PluginDevice::id).toList();
    }

    /** Selects {@code count} devices with the fewest borders between them and to the fixed devices. */
    private static List<PluginDevice> pick(
            List<PluginDevice> open,
            List<PluginDevice> fixed,
            int count,
            List<Function<PluginDevice, String>> borders) {
        if (count >= open.size() || borders.isEmpty()) {
            return open.subList(0, Math.min(count, open.size()));
        }
        Function<PluginDevice, String> border = borders.getFirst();
        List<Function<PluginDevice, String>> inner = borders.subList(1, borders.size());
        Set<String> near = new HashSet<>(fixed.stream().map(border).toList());
        Map<String, List<PluginDevice>> byPlace = new TreeMap<>();
        open.forEach(device -> byPlace.computeIfAbsent(border.apply(device), any -> new ArrayList<>())
                .add(device));

        List<List<PluginDevice>> places = new ArrayList<>(byPlace.values());
        List<PluginDevice> chosen = new ArrayList<>();
        while (chosen.size() < count) {
            int left = count - chosen.size();
            List<PluginDevice> place = best(places, any -> near.contains(border.apply(any.getFirst())), left);
            places.remove(place);
            chosen.addAll(pick(place, fixed, left, inner));
        }
        return chosen;
    }

    /**
     * Returns the place with a device that is selected already; otherwise the smallest place that is large enough;
     * otherwise the largest.
     */
    private static List<PluginDevice> best(
            List<List<PluginDevice>> places, Predicate<List<PluginDevice>> near, int count) {
        Comparator<List<PluginDevice>> size = Comparator.comparingInt(List::size);
        return places.stream()
                .filter(near)
                .max(size)
                .or(() -> places.stream().filter(place -> place.size() >= count).min(size))
                .or(() -> places.stream().max(size))
                .orElseThrow();
    }
}
