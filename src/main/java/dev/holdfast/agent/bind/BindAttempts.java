package dev.holdfast.agent.bind;

import dev.holdfast.api.node.BindResult;
import dev.holdfast.retry.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When a group's turn is. What failed is tried again after 10 s, 20 s and so on up to five minutes; at once when the
 * class, a driver, or the group itself has changed since. Whether somebody still uses it is looked at every 10 s, for a
 * look does no harm. Used by one thread.
 */
final class BindAttempts {
    static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(10), Duration.ofMinutes(5));

    private final Map<String, Attempt> attempts = new HashMap<>();

    /**
     * @param facts what was found first after it had ended; null before that: an attempt changes facts itself
     */
    private record Attempt(
            int failures, Instant notBefore, @Nullable BindAction facts) {}

    /** Whether this may be done now. */
    boolean due(BindAction action, Instant now) {
        Attempt last = attempts.get(action.groupId());
        if (last == null) {
            return true;
        }
        if (last.facts() == null) {
            attempts.put(action.groupId(), new Attempt(last.failures(), last.notBefore(), action));
        } else if (!last.facts().equals(action)) {
            attempts.remove(action.groupId());
            return true;
        }
        return !now.isBefore(last.notBefore());
    }

    /** It was done, or found undoable. */
    void ended(String groupId, BindResult result, Instant now) {
        Attempt last = attempts.get(groupId);
        switch (result) {
            case Bound, Restored -> attempts.remove(groupId);
            case InUse -> attempts.put(groupId, new Attempt(0, now.plus(BACKOFF.first()), null));
            case Failed -> {
                int failures = last == null ? 1 : last.failures() + 1;
                attempts.put(groupId, new Attempt(failures, now.plus(BACKOFF.delay(failures - 1)), null));
            }
        }
    }

    /** Forgets all but these. */
    void keep(Collection<String> groupIds) {
        attempts.keySet().retainAll(groupIds);
    }

    /** When the next is due by time alone. */
    Optional<Instant> next() {
        return attempts.values().stream().map(Attempt::notBefore).min(Comparator.naturalOrder());
    }
}
