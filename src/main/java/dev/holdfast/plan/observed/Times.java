package dev.holdfast.plan.observed;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Times in texts of other writers. */
public final class Times {
    private Times() {}

    /** Parses a time; empty for null and for invalid RFC 3339, as the text of another writer must not cause an exception here. */
    public static Optional<Instant> parse(@Nullable String rfc3339) {
        if (rfc3339 == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Instant.parse(rfc3339));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
