package dev.holdfast.agent.plugin;

import dev.holdfast.pci.GroupId;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Gate between the kubelet, which allocates groups, and the binder, which changes their drivers: the first of the two
 * gets a group. Thread-safe.
 *
 * <p>Allocate names no pod, and there is a delay between its answer and the report of the kubelet. So an allocation
 * counts as held until a later report of the kubelet; at the start of an agent so does every group, since the previous
 * agent may just have answered. Times are of {@link System#nanoTime}, which changes of the clock do not affect.
 */
public final class AllocationGate {
    /**
     * Time after which the kubelet reports an allocation. It records an allocation as soon as it has the answer; this
     * is many times what that takes.
     */
    public static final Duration REPORT_DELAY = Duration.ofSeconds(10);

    private final LongSupplier nanoTime;
    private final long started;
    private final Map<GroupId, Long> allocated = new HashMap<>();
    private final Set<GroupId> closed = new HashSet<>();
    private final Set<GroupId> claimed = new HashSet<>();

    /**
     * Creates the gate; every group counts as allocated now.
     *
     * @param nanoTime {@link System#nanoTime}
     */
    public AllocationGate(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.started = nanoTime.getAsLong();
    }

    /**
     * Closes a group: it is not allocated until it is opened.
     *
     * @param asked nanoTime before the request to the kubelet whose answer reports the group as free; never decreases
     *              from call to call
     * @return false when the group may have been allocated without being reported; it is not closed then
     */
    public synchronized boolean close(GroupId groupId, long asked) {
        allocated.values().removeIf(time -> isReported(time, asked));
        return !claimed.contains(groupId)
                && !allocated.containsKey(groupId)
                && isReported(started, asked)
                && closed.add(groupId);
    }

    /** Opens a group: it may be allocated again. */
    public synchronized void open(GroupId groupId) {
        closed.remove(groupId);
    }

    /**
     * Records an allocation, or refuses it as a whole.
     *
     * @return message of the refusal; empty when all groups were allocated
     */
    synchronized Optional<String> allocate(Collection<GroupId> groupIds) {
        Optional<String> refused = closed(groupIds)
                .or(() -> groupIds.stream()
                        .filter(claimed::contains)
                        .findFirst()
                        .map(id -> id
                                + " is prepared for a ResourceClaim; delete the pod, so that it is scheduled again"));
        if (refused.isEmpty()) {
            groupIds.forEach(id -> allocated.put(id, nanoTime.getAsLong()));
        }
        return refused;
    }

    /**
     * Records that a ResourceClaim has groups until they are released, or refuses it as a whole.
     *
     * @param asked nanoTime before the request to the kubelet whose answer reports the groups as free
     * @return message of the refusal; empty when the claim has all groups
     */
    public synchronized Optional<String> claim(Collection<GroupId> groupIds, long asked) {
        Optional<String> refused = closed(groupIds)
                .or(() -> groupIds.stream()
                        .filter(id -> Optional.ofNullable(allocated.get(id))
                                .filter(time -> !isReported(time, asked))
                                .isPresent())
                        .findFirst()
                        .map(id -> id + " was allocated by the device plugin within the last "
                                + REPORT_DELAY.toSeconds()
                                + " s; the claim is prepared again when the kubelet reports that no pod holds it"));
        if (refused.isEmpty()) {
            claimed.addAll(groupIds);
        }
        return refused;
    }

    /** Records that a ResourceClaim has groups since before this agent started. */
    public synchronized void restore(Collection<GroupId> groupIds) {
        claimed.addAll(groupIds);
    }

    /** Records that no ResourceClaim has these groups. */
    public synchronized void release(Collection<GroupId> groupIds) {
        claimed.removeAll(groupIds);
    }

    private Optional<String> closed(Collection<GroupId> groupIds) {
        return groupIds.stream()
                .filter(closed::contains)
                .findFirst()
                .map(id -> "the driver of " + id + " is being changed; delete the pod, so that it is scheduled again");
    }

    private static boolean isReported(long allocation, long asked) {
        return asked - allocation >= REPORT_DELAY.toNanos();
    }
}
