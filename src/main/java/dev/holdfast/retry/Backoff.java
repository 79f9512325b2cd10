package dev.holdfast.retry;

import java.time.Duration;

/**
 * How long a machine that ended stays down before it is started again: doubling, as the kubelet does for containers.
 *
 * @param first      after the first end
 * @param most       never longer than this
 * @param forgivenAt a machine that ran this long starts from {@code first} again
 */
public record Backoff(Duration first, Duration most, Duration forgivenAt) {
    /** 10 s, 20 s, 40 s ... 5 min; forgiven after 10 min: the kubelet's figures (pkg/kubelet/kubelet.go). */
    public static final Backoff STANDARD =
            new Backoff(Duration.ofSeconds(10), Duration.ofMinutes(5), Duration.ofMinutes(10));

    private static final int MAX_DOUBLINGS = 30;

    /**
     * The pause before the next start.
     *
     * @param restarts replaced pods since the machine was last forgiven, at least 0
     */
    public Duration delay(int restarts) {
        Duration doubled = first.multipliedBy(1L << Math.min(restarts, MAX_DOUBLINGS));
        return doubled.compareTo(most) < 0 ? doubled : most;
    }

    /** The restarts that count for the next pause, after a machine ran this long. */
    public int restartsAfter(int restarts, Duration ran) {
        return ran.compareTo(forgivenAt) < 0 ? restarts : 0;
    }

    /**
     * The pause before the next try of what has failed for some time: as long as that time, so that the pauses double
     * without anybody counting them.
     */
    public Duration delayAfter(Duration failing) {
        if (failing.compareTo(first) < 0) {
            return first;
        }
        return failing.compareTo(most) < 0 ? failing : most;
    }
}
