package dev.holdfast.plan.lifecycle;

import dev.holdfast.retry.Backoff;
import java.time.Duration;

/**
 * Pauses before a VM that ended is started again: they double, as the kubelet does for containers.
 *
 * @param pauses     between an end and the next start
 * @param forgivenAt a VM that ran this long starts from the first pause again
 */
public record RestartBackoff(Backoff pauses, Duration forgivenAt) {
    /** 10 s, 20 s, 40 s ... 5 min; forgiven after 10 min: the kubelet's figures (pkg/kubelet/kubelet.go). */
    public static final RestartBackoff STANDARD =
            new RestartBackoff(new Backoff(Duration.ofSeconds(10), Duration.ofMinutes(5)), Duration.ofMinutes(10));

    /**
     * Returns the pause before the next start.
     *
     * @param restarts replaced pods since the VM was last forgiven, at least 0
     */
    public Duration delay(int restarts) {
        return pauses.delay(restarts);
    }

    /** Returns the restarts that count for the next pause, after a VM ran this long. */
    public int restartsAfter(int restarts, Duration ran) {
        return ran.compareTo(forgivenAt) < 0 ? restarts : 0;
    }
}
