package dev.holdfast.agent.grant;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** Number of refusals of each pod for each reason since the last log line about them. Thread-safe. */
public final class RefusalCounts {
    public static final Duration INTERVAL = Duration.ofMinutes(1);

    /** Several reasons for each pod that a node can have; above that the oldest are logged early. */
    private static final int REMEMBERED = 1024;

    private final LongSupplier nanoTime;
    private final Map<Key, Count> counts = new LinkedHashMap<>();

    private record Key(String podUid, String reason) {}

    private record Count(long sinceNanos, long times) {}

    /**
     * Refusals that were not logged in a line of their own.
     *
     * @param podUid empty for all peers outside any pod
     * @param times  at least 1
     */
    record Folded(String podUid, String reason, long times) {}

    RefusalCounts(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * Counts a refusal.
     *
     * @return whether it is the first of its kind, which is logged in its own line
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
     * Removes and returns the counts that are an interval old or exceed the bound. A pod that is refused again after an
     * interval without a refusal gets its own line again.
     */
    synchronized List<Folded> due() {
        long now = nanoTime.getAsLong();
        List<Folded> due = new ArrayList<>();
        List<Key> ended = new ArrayList<>();
        int tooMany = counts.size() - REMEMBERED;
        for (Map.Entry<Key, Count> entry : counts.entrySet()) {
            Count count = entry.getValue();
            boolean excess = ended.size() < tooMany;
            if (!excess && now - count.sinceNanos() < INTERVAL.toNanos()) {
                continue;
            }
            if (count.times() > 0) {
                due.add(new Folded(entry.getKey().podUid(), entry.getKey().reason(), count.times()));
            }
            if (count.times() == 0 || excess) {
                ended.add(entry.getKey());
            } else {
                entry.setValue(new Count(now, 0));
            }
        }
        counts.keySet().removeAll(ended);
        return due;
    }
}
