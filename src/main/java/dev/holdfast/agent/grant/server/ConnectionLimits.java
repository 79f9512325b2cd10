package dev.holdfast.agent.grant.server;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How many connections each pod may have open at once, so that one pod cannot take the places of another. All that is
 * outside any pod shares one bound. Safe for use by several threads.
 */
final class ConnectionLimits {
    private static final String OUTSIDE = "";

    private final int perPod;
    private final int outside;
    private final int inAll;
    private final Map<String, Integer> taken = new HashMap<>();
    private int takenInAll;

    ConnectionLimits(int perPod, int outside, int inAll) {
        this.perPod = perPod;
        this.outside = outside;
        this.inAll = inAll;
    }

    /** Whether a pod would be sent away now: asked before it is made sure that the peer is in it, which costs more. */
    synchronized boolean full(Optional<String> podUid) {
        String key = podUid.orElse(OUTSIDE);
        return takenInAll >= inAll || taken.getOrDefault(key, 0) >= (podUid.isPresent() ? perPod : outside);
    }

    /**
     * Takes a place.
     *
     * @param podUid of the peer's pod; empty for a peer outside any
     * @return gives the place back, to be run once; empty when all are taken
     */
    synchronized Optional<Runnable> take(Optional<String> podUid) {
        if (full(podUid)) {
            return Optional.empty();
        }
        String key = podUid.orElse(OUTSIDE);
        taken.merge(key, 1, Integer::sum);
        takenInAll++;
        return Optional.of(() -> giveBack(key));
    }

    private synchronized void giveBack(String key) {
        taken.computeIfPresent(key, (same, count) -> count == 1 ? null : count - 1);
        takenInAll--;
    }
}
