package dev.holdfast.agent.grant;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** How often each pod was refused for each reason since that was last logged. Thread-safe. */
public final class RefusalCounts {
    public static final Duration INTERVAL = Duration.ofMinutes(1);

    /** Some reasons for each pod that a node can have; beyond that the oldest are logged early. */
    private static final int REMEMBERED = 1024;

    private final LongSupplier nanoTime;
    private final Map<Key, Count> counts = new LinkedHashMap<>();

    private record Key(String podUid, String reason) {}

    private record Count(long sinceNanos, long times) {}

    /**
     * Refusals that no line of their own tells of.
     *
     * @param podUid empty for all that is outside any pod
     * @param times  at least 1
     */
    record Folded(String podUid, String reason, long times) {}

    RefusalCounts(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * Counts a refusal.
     *
     * @return whether it is the first of its kind, so that it needs a line of its own
     */
    synchronized boolean isFirst(String podUid, String reason) {
        Key key = new Key(podUid, reason);
        Count count = counts.get(key);
        counts.put(
                key,
                count == null ? new Count(nanoTime.getAsLong(), 0) : new Count(count.sinceNanos(), count.times() + 1));
        return count == null;
    }

    /**
     * Takes out what was counted for an interval, or has no room. A pod that is refused again after an interval without a
     * refusal gets a line of its own again.
     */
    synchronized List<Folded> due() {
        long now = nanoTime.getAsLong();
        List<Folded> due = new ArrayList<>();
        List<Key> ended = new ArrayList<>();
        int tooMany = counts.size() - REMEMBERED;
        for (Map.Entry<Key, Count> entry : counts.entrySet()) {
            Count count = entry.getValue();
            boolean crowdedOut = ended.size() < tooMany;
            if (!crowdedOut && now - count.sinceNanos() < INTERVAL.toNanos()) {
                continue;
            }
            if (count.times() > 0) {
                due.add(new Folded(entry.getKey().podUid(), entry.getKey().reason(), count.times()));
            }
            if (count.times() == 0 || crowdedOut) {
                ended.add(entry.getKey());
            } else {
                entry.setValue(new Count(now, 0));
            }
        }
        counts.keySet().removeAll(ended);
        return due;
    }
}
