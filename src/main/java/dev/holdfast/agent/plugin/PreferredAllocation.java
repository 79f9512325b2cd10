package dev.holdfast.agent.plugin;

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
 * Which devices belong together in one VM: those of one NUMA node, and within it those below one PCIe root. Of several
 * places that are large enough the fullest one is used up, so that the larger places stay whole for larger VMs.
 */
final class PreferredAllocation {
    private static final String UNKNOWN = "";

    /** From the most expensive border to the least. */
    private static final List<Function<PluginDevice, String>> BORDERS = List.of(
            device -> device.numaNode() == null ? UNKNOWN : device.numaNode().toString(),
            device -> device.pcieRoot() == null ? UNKNOWN : device.pcieRoot());

    private PreferredAllocation() {}

    /**
     * Chooses.
     *
     * @param available what may be chosen, those that must be among them
     * @param must      IDs that have to be in the answer
     * @param count     how many in all
     * @return IDs, those that must be first; fewer than {@code count} when there are not as many
     */
    static List<String> of(List<PluginDevice> available, Set<String> must, int count) {
        List<PluginDevice> fixed = new ArrayList<>();
        List<PluginDevice> open = new ArrayList<>();
        available.stream()
                .sorted(Comparator.comparing(PluginDevice::id))
                .forEach(device -> (must.contains(device.id()) ? fixed : open).add(device));
        List<PluginDevice> chosen = new ArrayList<>(fixed);
        chosen.addAll(pick(open, fixed, Math.max(0, count - fixed.size()), BORDERS));
        return chosen.stream().map(PluginDevice::id).toList();
    }

    /** {@code count} devices with as few borders between them, and to the fixed ones, as can be. */
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

    /** Where something is already; else the smallest place that is large enough; else the largest. */
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
