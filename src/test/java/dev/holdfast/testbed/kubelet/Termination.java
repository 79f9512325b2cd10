package dev.holdfast.testbed.kubelet;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Request that a pod ends, and its deadline. The deadline can only become earlier. */
final class Termination {
    private final Clock clock;
    private final CompletableFuture<Void> requested = new CompletableFuture<>();
    private volatile @Nullable Instant deadline;

    Termination(Clock clock) {
        this.clock = clock;
    }

    synchronized void request(long graceSeconds) {
        Instant asked = clock.instant().plusSeconds(graceSeconds);
        if (deadline == null || asked.isBefore(deadline)) {
            deadline = asked;
        }
        requested.complete(null);
    }

    boolean isRequested() {
        return requested.isDone();
    }

    /** Until the deadline; zero when it has passed. Only after a request. */
    Duration left() {
        Instant end = deadline;
        Duration left = end == null ? Duration.ZERO : Duration.between(clock.instant(), end);
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** Waits for the request, at most so long; whether it came. */
    boolean await(Duration atMost) {
        try {
            requested.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits for the request or the end of {@code process}, whichever is first. */
    void awaitOrEnd(Process process) {
        CompletableFuture.anyOf(requested, process.onExit()).join();
    }
}
