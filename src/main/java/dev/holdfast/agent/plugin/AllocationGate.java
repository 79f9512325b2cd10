package dev.holdfast.agent.plugin;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Between the kubelet, which allocates groups, and the binder, which changes their drivers: of one group whoever comes
 * first. For several threads.
 *
 * <p>Allocate names no pod, and a moment passes between its answer and the kubelet's telling of it. So what was allocated
 * counts as held until the kubelet has been asked a while later; and so does everything when an agent starts, for the one
 * before it may just have answered. Times are of {@link System#nanoTime}: it goes on evenly when somebody sets the clock.
 */
public final class AllocationGate {
    /** The kubelet writes an allocation down as soon as it has the answer; this is many times what that takes. */
    public static final Duration UNTOLD = Duration.ofSeconds(10);

    private final LongSupplier nanoTime;
    private final long started;
    private final Map<String, Long> allocated = new HashMap<>();
    private final Set<String> closed = new HashSet<>();

    /**
     * Everything counts as allocated now.
     *
     * @param nanoTime {@link System#nanoTime}
     */
    public AllocationGate(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.started = nanoTime.getAsLong();
    }

    /**
     * Keeps a group from being allocated.
     *
     * @param asked when the kubelet was asked what it has allocated, by whose answer the group is free: the nanoTime
     *              before the question; each call's is that of the call before or later
     * @return false, and then it is not kept, when it may have been allocated without that answer's telling
     */
    public synchronized boolean close(String groupId, long asked) {
        allocated.values().removeIf(time -> told(time, asked));
        return !allocated.containsKey(groupId) && told(started, asked) && closed.add(groupId);
    }

    /** It may be allocated again. */
    public synchronized void open(String groupId) {
        closed.remove(groupId);
    }

    /**
     * Notes an allocation, or refuses it as a whole.
     *
     * @return why not, a sentence; empty when all were allocated
     */
    synchronized Optional<String> allocate(Collection<String> groupIds) {
        Optional<String> refused = groupIds.stream().filter(closed::contains).findFirst();
        if (refused.isEmpty()) {
            groupIds.forEach(id -> allocated.put(id, nanoTime.getAsLong()));
        }
        return refused.map(
                id -> "the driver of " + id + " is being changed; delete the pod, so that it is scheduled again");
    }

    private static boolean told(long allocation, long asked) {
        return asked - allocation >= UNTOLD.toNanos();
    }
}
