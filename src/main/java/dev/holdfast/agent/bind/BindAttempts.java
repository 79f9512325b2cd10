package dev.holdfast.agent.bind;

import dev.holdfast.api.node.BindResult;
import dev.holdfast.pci.GroupId;
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
 * Times of the attempts for each group. A failed action is retried after 10 s, 20 s and so on up to five minutes; at
 * once when the class, a driver, or the group itself has changed since. Whether a group is still in use is checked
 * every 10 s, since a check changes nothing. Not thread-safe.
 */
final class BindAttempts {
    static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(10), Duration.ofMinutes(5));

    private final Map<GroupId, Attempt> attempts = new HashMap<>();

    /**
     * Last attempt for a group.
     *
     * @param facts facts found first after the attempt; null before that, since an attempt changes facts itself
     */
    private record Attempt(
            int failures, Instant notBefore, @Nullable BindAction facts) {}

    /** Returns whether an action is due. */
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

    /** Records the result of an attempt. */
    void ended(GroupId groupId, BindResult result, Instant now) {
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

    /** Forgets all groups except these. */
    void keep(Collection<GroupId> groupIds) {
        attempts.keySet().retainAll(groupIds);
    }

    /** Returns the time at which the next attempt is due without a change of facts. */
    Optional<Instant> next() {
        return attempts.values().stream().map(Attempt::notBefore).min(Comparator.naturalOrder());
    }
}
