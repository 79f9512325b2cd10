package dev.holdfast.agent.plugin;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Between the kubelet, which allocates groups, and the binder, which changes their drivers: of one group whoever comes
 * first. For several threads.
 *
 * <p>Allocate names no pod, and a moment passes between its answer and the kubelet's telling of it. So what was allocated
 * counts as held for a while; and so does everything when an agent starts, for the one before it may just have answered.
 */
public final class AllocationGate {
    /** The kubelet writes an allocation down as soon as it has the answer; this is many times what that takes. */
    public static final Duration UNTOLD = Duration.ofSeconds(10);

    private final Clock clock;
    private final Instant started;
    private final Map<String, Instant> allocated = new HashMap<>();
    private final Set<String> closed = new HashSet<>();

    /** Everything counts as allocated now. */
    public AllocationGate(Clock clock) {
        this.clock = clock;
        this.started = clock.instant();
    }

    /**
     * Keeps a group from being allocated.
     *
     * @return false, and then it is not kept, when it may have been allocated without the kubelet's telling yet
     */
    public synchronized boolean close(String groupId) {
        Instant now = clock.instant();
        allocated.values().removeIf(time -> !now.isBefore(time.plus(UNTOLD)));
        return !allocated.containsKey(groupId) && !now.isBefore(started.plus(UNTOLD)) && closed.add(groupId);
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
            groupIds.forEach(id -> allocated.put(id, clock.instant()));
        }
        return refused.map(
                id -> "the driver of " + id + " is being changed; delete the pod, so that it is scheduled again");
    }
}
