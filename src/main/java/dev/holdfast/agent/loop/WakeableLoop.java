package dev.holdfast.agent.loop;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Thread that runs a round when it is woken, and again after the pause that the last round requested. */
public final class WakeableLoop implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WakeableLoop.class);
    private static final Duration LAST_ROUND = Duration.ofSeconds(5);
    private static final Duration AFTER_A_FAULT = Duration.ofSeconds(5);

    private final ScheduledThreadPoolExecutor executor;
    private final AtomicBoolean requested = new AtomicBoolean();
    private final Supplier<Duration> round;
    /** Used by the thread of the rounds only. */
    private @Nullable Future<?> next;

    /**
     * Creates the loop; no round is run before the first {@link #wake}.
     *
     * @param round returns the pause after which it runs again unless it is woken earlier
     */
    public WakeableLoop(String threadName, Supplier<Duration> round) {
        this.executor = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name(threadName).factory());
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.setRemoveOnCancelPolicy(true);
        this.round = round;
    }

    /** Requests a round; requests made before it starts share it. Thread-safe. */
    public void wake() {
        if (requested.compareAndSet(false, true)) {
            run(this::go);
        }
    }

    /** Runs a task on the thread of the rounds. Thread-safe. */
    public void run(Runnable task) {
        try {
            executor.execute(() -> guarded(task));
        } catch (RejectedExecutionException e) {
            log.debug("stopping; a task is not run");
        }
    }

    /** Waits for a round that is in progress; none starts after this. */
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

    private void go() {
        requested.set(false);
        if (next != null) {
            next.cancel(false);
        }
        Duration pause = AFTER_A_FAULT;
        try {
            pause = round.get();
        } finally {
            next = schedule(pause);
        }
    }

    private @Nullable Future<?> schedule(Duration pause) {
        try {
            return executor.schedule(this::wake, pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            return null;
        }
    }

    /** Logs what a task throws: the executor would swallow it. */
    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | LinkageError e) {
            log.atError().setCause(e).log("a round was ended by a fault of the agent; the next round continues");
        }
    }
}
