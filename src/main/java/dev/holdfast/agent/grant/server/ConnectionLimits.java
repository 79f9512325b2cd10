package dev.holdfast.agent.grant.server;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Bounds on the open connections of each pod, so that one pod cannot use up the connections of another. All peers
 * outside any pod share one bound. Thread-safe.
 */
final class ConnectionLimits {
    private static final String OUTSIDE = "";

    private final int perPod;
    private final int outside;
    private final int inAll;
    private final Map<String, Integer> open = new HashMap<>();
    private int openInAll;

    ConnectionLimits(int perPod, int outside, int inAll) {
        this.perPod = perPod;
        this.outside = outside;
        this.inAll = inAll;
    }

    /**
     * Returns whether another connection of a pod would be rejected now. Called before the pod of the peer is verified,
     * which costs more.
     */
    synchronized boolean full(Optional<String> podUid) {
        String key = podUid.orElse(OUTSIDE);
        return openInAll >= inAll || open.getOrDefault(key, 0) >= (podUid.isPresent() ? perPod : outside);
    }

    /**
     * Counts a connection.
     *
     * @param podUid UID of the pod of the peer; empty for a peer outside any pod
     * @return releases the connection, to be run once; empty when the bound is reached
     */
    synchronized Optional<Runnable> take(Optional<String> podUid) {
        if (full(podUid)) {
            return Optional.empty();
        }
        String key = podUid.orElse(OUTSIDE);
        open.merge(key, 1, Integer::sum);
        openInAll++;
        return Optional.of(() -> release(key));
    }

    private synchronized void release(String key) {
        open.computeIfPresent(key, (same, count) -> count == 1 ? null : count - 1);
        openInAll--;
    }
}
