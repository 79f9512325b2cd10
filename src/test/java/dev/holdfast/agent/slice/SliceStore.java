package dev.holdfast.agent.slice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.slice.PublishedSlice.Pool;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Slices of an API server, and what a consumer makes of them after each write. */
final class SliceStore {
    static final String NODE = "n1";
    static final String UID = "uid-of-n1";

    final List<PublishedSlice> slices = new ArrayList<>();
    private int versions;

    /** Writes what the plan says. */
    List<SliceWrite> publish(List<SliceDevice> desired) {
        return publish(desired, Integer.MAX_VALUE);
    }

    /** Writes what the plan says, until the agent is killed. */
    List<SliceWrite> publish(List<SliceDevice> desired, int maxWrites) {
        List<SliceWrite> writes = SlicePlan.of(NODE, UID, desired, List.copyOf(slices));
        writes.stream().limit(maxWrites).forEach(write -> {
            apply(write);
            // When all are deleted, the duplicate of a stranger may be left for a moment.
            if (!desired.isEmpty()) {
                consume();
            }
        });
        return writes;
    }

    void apply(SliceWrite write) {
        switch (write) {
            case SliceWrite.Create create -> add(create.pool(), create.devices());
            case SliceWrite.Replace replace -> {
                slices.remove(replace.before());
                slices.add(slice(replace.before().name(), replace.pool(), replace.devices()));
            }
            case SliceWrite.Delete delete -> slices.remove(delete.before());
        }
    }

    void add(Pool pool, List<SliceDevice> devices) {
        slices.add(slice("slice-" + versions, pool, devices));
    }

    private PublishedSlice slice(String name, Pool pool, List<SliceDevice> devices) {
        return new PublishedSlice(name, String.valueOf(versions++), UID, NODE, pool, devices);
    }

    /** Does what others may do: delete or change a slice, or add one. */
    void disturb(Random random) {
        if (slices.isEmpty()) {
            return;
        }
        PublishedSlice any = slices.remove(random.nextInt(slices.size()));
        List<SliceDevice> fewer =
                any.devices().subList(0, random.nextInt(any.devices().size() + 1));
        switch (random.nextInt(4)) {
            case 0 -> slices.add(slice(any.name(), any.pool(), fewer));
            case 1 -> slices.add(slice(any.name(), new Pool(NODE, any.pool().generation() + 3, 2), any.devices()));
            case 2 -> {
                slices.add(any);
                add(any.pool(), fewer);
            }
            default -> {}
        }
    }

    List<SliceDevice> devices() {
        return slices.stream().flatMap(slice -> slice.devices().stream()).toList();
    }

    long generation() {
        return slices.stream()
                .mapToLong(slice -> slice.pool().generation())
                .max()
                .orElse(0);
    }

    /** Checks that a complete pool has no device twice. */
    private void consume() {
        List<PublishedSlice> newest = slices.stream()
                .filter(slice -> slice.pool().generation() == generation())
                .toList();
        if (newest.isEmpty() || newest.getFirst().pool().resourceSliceCount() != newest.size()) {
            return;
        }
        assertThat(newest.stream().flatMap(slice -> slice.devices().stream()).map(SliceDevice::name))
                .as("devices of a complete pool")
                .doesNotHaveDuplicates();
    }
}
