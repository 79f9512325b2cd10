package dev.holdfast.agent.grant;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many connections each pod may have open at once, so that one pod cannot take the places of another. All that is
 * outside any pod shares one bound.
 */
final class PeerSlots {
    private static final String OUTSIDE = "";

    private final int perPod;
    private final int outside;
    private final Map<String, Integer> taken = new ConcurrentHashMap<>();

    PeerSlots(int perPod, int outside) {
        this.perPod = perPod;
        this.outside = outside;
    }

    /**
     * Takes a place.
     *
     * @param podUid of the peer's pod; empty for a peer outside any
     * @return gives the place back, to be run once; empty when all are taken
     */
    Optional<Runnable> take(Optional<String> podUid) {
        String key = podUid.orElse(OUTSIDE);
        int bound = podUid.isPresent() ? perPod : outside;
        if (taken.merge(key, 1, Integer::sum) > bound) {
            giveBack(key);
            return Optional.empty();
        }
        return Optional.of(() -> giveBack(key));
    }

    private void giveBack(String key) {
        taken.computeIfPresent(key, (same, count) -> count == 1 ? null : count - 1);
    }
}
