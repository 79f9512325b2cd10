package dev.holdfast.agent.loop;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One thread that does something now and then, and soon whenever somebody knocks. */
public final class Rounds implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Rounds.class);
    private static final Duration LAST_ROUND = Duration.ofSeconds(5);

    private final ScheduledExecutorService executor;
    private final AtomicBoolean knocked = new AtomicBoolean();
    private final Runnable round;

    /** Does nothing before {@link #start} or a knock. */
    public Rounds(String threadName, Runnable round) {
        this.executor = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name(threadName).factory());
        this.round = round;
    }

    /** The first round now, the others that long after the end of the one before. */
    public void start(Duration pause) {
        executor.scheduleWithFixedDelay(() -> guarded(round), 0, pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Asks for a round soon, from any thread; who asks while one is already asked for gets that one. */
    public void knock() {
        if (knocked.compareAndSet(false, true)) {
            run(() -> {
                knocked.set(false);
                round.run();
            });
        }
    }

    /** Runs something else on this thread, from any thread. */
    public void run(Runnable task) {
        try {
            executor.execute(() -> guarded(task));
        } catch (RejectedExecutionException e) {
            log.debug("stopping; nothing is done any more");
        }
    }

    /** Lets a round that is under way come to its end; there is none after this. */
    @Override
    public void close() {
        executor.shutdown();
        try {
            if (!executor.awaitTermination(LAST_ROUND.toMillis(), TimeUnit.MILLISECONDS)) {
                executor.shutdownNow();
            }
        } catch (InterruptedException e) {
            executor.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    /** A scheduled task that throws is never run again, so nothing may leave it. */
    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("a round ended early by a fault of the agent; the next goes on");
        }
    }
}
