package dev.holdfast.agent.loop;

import java.time.Duration;

/** How soon a round that did not succeed is tried again. */
final class Pace {
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private Duration next = FIRST;

    /** Twice as long with each that fails again. */
    Duration failed() {
        Duration pause = next;
        next = earlier(pause.multipliedBy(2), LONGEST);
        return pause;
    }

    void succeeded() {
        next = FIRST;
    }

    static Duration earlier(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }
}
