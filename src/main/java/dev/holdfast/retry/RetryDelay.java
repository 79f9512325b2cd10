package dev.holdfast.retry;

import java.time.Duration;

/** The pauses of one activity that is retried until it succeeds: 1 s, 2 s, 4 s and so on up to 30 s. Not thread-safe. */
public final class RetryDelay {
    private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));

    private int failures;

    /** Counts a failure and returns the pause before the next attempt. */
    public Duration failed() {
        return BACKOFF.delay(failures++);
    }

    /** Starts over with the shortest pause. */
    public void succeeded() {
        failures = 0;
    }
}
