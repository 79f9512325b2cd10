package dev.holdfast.agent.slice;

import dev.holdfast.agent.slice.PublishedSlice.Pool;
import dev.holdfast.agent.slice.SliceLayout.Part;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides which slices to write. Pure.
 *
 * <p>A consumer uses the slices of the highest generation, and only when all of them are there. So the generation is
 * raised when the number of slices changes or a device moves from one to another: then no consumer sees a device twice.
 * For new attributes, and for a slice that was deleted, it stays, and no other slice has to be written.
 */
final class SlicePlan {
    private SlicePlan() {}

    /**
     * Returns the writes in their order; empty when nothing is to be done.
     *
     * @param nodeName name of the node, and of its pool
     * @param nodeUid  UID of the Node, which owns the slices
     * @param desired  devices to publish, with unique names
     * @param found    slices of which those of this driver and node are written
     */
    static List<SliceWrite> of(String nodeName, String nodeUid, List<SliceDevice> desired, List<PublishedSlice> found) {
        List<PublishedSlice> ours =
                found.stream().filter(slice -> slice.node().equals(nodeName)).toList();
        List<PublishedSlice> present = ours.stream()
                .filter(slice -> slice.pool().name().equals(nodeName))
                .sorted(Comparator.comparing(
                                (PublishedSlice slice) -> -slice.pool().generation())
                        .thenComparing(PublishedSlice::name))
                .toList();
        List<Part> parts = SliceLayout.of(desired, present);
        Pool pool = new Pool(nodeName, generation(parts, present), parts.size());
        Set<PublishedSlice> kept = new HashSet<>();
        List<SliceWrite> replaced = new ArrayList<>();
        List<SliceWrite> created = new ArrayList<>();
        for (Part part : parts) {
            PublishedSlice before = part.before();
            if (before == null) {
                created.add(new SliceWrite.Create(pool, part.devices()));
                continue;
            }
            kept.add(before);
            if (!before.equals(
                    new PublishedSlice(before.name(), before.version(), nodeUid, nodeName, pool, part.devices()))) {
                replaced.add(new SliceWrite.Replace(before, pool, part.devices()));
            }
        }
        // Deletions last: slices of the former generation are ignored as soon as there is one of the next.
        List<SliceWrite> writes = new ArrayList<>(replaced);
        writes.addAll(created);
        ours.stream()
                .filter(slice -> !kept.contains(slice))
                .map(SliceWrite.Delete::new)
                .forEach(writes::add);
        return writes;
    }

    private static long generation(List<Part> parts, List<PublishedSlice> present) {
        long newest = present.isEmpty() ? 0 : present.getFirst().pool().generation();
        Map<String, PublishedSlice> places = new HashMap<>();
        boolean sameCount = true;
        boolean once = true;
        for (PublishedSlice slice : present) {
            if (slice.pool().generation() == newest) {
                sameCount &= slice.pool().resourceSliceCount() == parts.size();
                for (SliceDevice device : slice.devices()) {
                    once &= places.putIfAbsent(device.name(), slice) == null;
                }
            }
        }
        boolean moved = parts.stream()
                .anyMatch(part -> part.devices().stream()
                        .map(device -> places.get(device.name()))
                        .anyMatch(place -> place != null && !place.equals(part.before())));
        return newest == 0 || !sameCount || !once || moved ? newest + 1 : newest;
    }
}
