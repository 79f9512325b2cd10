package dev.holdfast.telemetry;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Events on a few threads of its own, so that work with effects does not wait for them: when many VMs start at once, Events
 * are half of the writes. When the queue is full, the caller writes its Event itself. Thread-safe.
 */
public final class EventQueue implements Executor, AutoCloseable {
    /** Waiting Events, of about a KiB each. */
    static final int CAPACITY = 4096;

    /** Concurrent writes. */
    static final int THREADS = 3;

    private static final Duration IDLE = Duration.ofSeconds(10);

    private static final Logger log = LoggerFactory.getLogger(EventQueue.class);

    private final Duration lastWrites;
    private final ThreadPoolExecutor writer;

    /**
     * @param lastWrites time that {@link #close()} leaves for the Events that still wait
     */
    public EventQueue(Duration lastWrites) {
        this.lastWrites = lastWrites;
        writer = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                IDLE.toSeconds(),
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(CAPACITY),
                Thread.ofPlatform().name("events").daemon().factory(),
                new ThreadPoolExecutor.CallerRunsPolicy());
        writer.allowCoreThreadTimeOut(true);
    }

    @Override
    public void execute(Runnable write) {
        writer.execute(write);
    }

    /** Writes the Events that wait, as many as there is time for. The others are lost, as the statuses have the same messages. */
    @Override
    public void close() {
        writer.shutdown();
        try {
            if (writer.awaitTermination(lastWrites.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        log.atWarn()
                .addKeyValue("events", writer.shutdownNow().size())
                .log("cannot write the Events that wait; they are lost");
    }
}
