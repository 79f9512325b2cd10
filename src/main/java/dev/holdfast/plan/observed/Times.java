package dev.holdfast.plan.observed;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Times that others have written. */
public final class Times {
    private Times() {}

    /** Empty for what is no time as of RFC 3339 as well: one writer's garbage is nobody else's exception. */
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
