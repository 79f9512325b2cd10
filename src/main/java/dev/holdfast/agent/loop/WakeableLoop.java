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

/** One thread that does something as soon as somebody knocks, and when the last time asked for another. */
public final class WakeableLoop implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WakeableLoop.class);
    private static final Duration LAST_ROUND = Duration.ofSeconds(5);
    private static final Duration AFTER_A_FAULT = Duration.ofSeconds(5);

    private final ScheduledThreadPoolExecutor executor;
    private final AtomicBoolean knocked = new AtomicBoolean();
    private final Supplier<Duration> round;
    /** Only for the one thread. */
    private @Nullable Future<?> next;

    /**
     * Does nothing before the first {@link #knock}.
     *
     * @param round answers after which time it wants to be run again, though nobody should knock until then
     */
    public WakeableLoop(String threadName, Supplier<Duration> round) {
        this.executor = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name(threadName).factory());
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.setRemoveOnCancelPolicy(true);
        this.round = round;
    }

    /** Asks for a round, from any thread; who asks while one is already asked for gets that one. */
    public void knock() {
        if (knocked.compareAndSet(false, true)) {
            run(this::go);
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

    private void go() {
        knocked.set(false);
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
            return executor.schedule(this::knock, pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            return null;
        }
    }

    /** Nothing may leave a task: the thread would go on, but the fault would be seen by nobody. */
    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | LinkageError e) {
            log.atError().setCause(e).log("a round ended early by a fault of the agent; the next goes on");
        }
    }
}
