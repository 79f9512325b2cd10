package dev.holdfast.retry;

import java.time.Duration;

/** How soon what did not succeed is tried again. Used by one thread. */
public final class RetryDelay {
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private Duration next = FIRST;

    /** Twice as long with each that fails again. */
    public Duration failed() {
        Duration pause = next;
        next = earlier(pause.multipliedBy(2), LONGEST);
        return pause;
    }

    public void succeeded() {
        next = FIRST;
    }

    /** The shorter of two. */
    public static Duration earlier(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }
}
