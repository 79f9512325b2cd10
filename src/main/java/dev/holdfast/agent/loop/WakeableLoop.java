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

/** Thread that runs a task when it is woken, and again after the time that the last run returned. */
public final class WakeableLoop implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WakeableLoop.class);
    private static final Duration LAST_ROUND = Duration.ofSeconds(5);
    private static final Duration AFTER_A_FAULT = Duration.ofSeconds(5);

    private final ScheduledThreadPoolExecutor executor;
    private final AtomicBoolean woken = new AtomicBoolean();
    private final Supplier<Duration> round;
    /** Used by the one thread only. */
    private @Nullable Future<?> next;

    /**
     * Creates the loop; nothing is run before the first {@link #wake}.
     *
     * @param round returns the time after which it is to be run again, unless it is woken before
     */
    public WakeableLoop(String threadName, Supplier<Duration> round) {
        this.executor = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name(threadName).factory());
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.setRemoveOnCancelPolicy(true);
        this.round = round;
    }

    /** Requests a round. Thread-safe. Requests before the start of the requested round are combined into one. */
    public void wake() {
        if (woken.compareAndSet(false, true)) {
            run(this::go);
        }
    }

    /** Runs another task on the thread of the loop. Thread-safe. */
    public void run(Runnable task) {
        try {
            executor.execute(() -> guarded(task));
        } catch (RejectedExecutionException e) {
            log.debug("stopping; a task is not run");
        }
    }

    /** Waits for the end of the current round; there is none after it. */
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
        woken.set(false);
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

    /** Runs a task and logs its faults: the executor would swallow them. */
    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | LinkageError e) {
            log.atError().setCause(e).log("a round was ended by a fault of the agent; the next round continues");
        }
    }
}
