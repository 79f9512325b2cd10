package dev.holdfast.retry;

import java.time.Duration;

/**
 * Pauses between attempts that double, from the first up to the longest.
 *
 * @param first   the pause after the first failure
 * @param longest no pause is longer
 */
public record Backoff(Duration first, Duration longest) {
    private static final int MAX_DOUBLINGS = 30;

    /**
     * Returns the pause before the next attempt.
     *
     * @param earlier failures before the last one, at least 0
     */
    public Duration delay(int earlier) {
        return atMost(first.multipliedBy(1L << Math.min(earlier, MAX_DOUBLINGS)));
    }

    /**
     * Returns the pause before the next attempt at something that has failed for some time: as long as that time, so
     * that the pauses double without a counter.
     */
    public Duration delayAfter(Duration failing) {
        return failing.compareTo(first) < 0 ? first : atMost(failing);
    }

    private Duration atMost(Duration pause) {
        return pause.compareTo(longest) < 0 ? pause : longest;
    }
}
