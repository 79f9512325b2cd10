package dev.holdfast.telemetry.http;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * An answer that is made once for all who wait for it: one is being made at most, and whoever asks then shares the next.
 * No answer is older than its question, and none is made for nobody. Thread-safe.
 */
final class SharedAnswer implements AutoCloseable {
    private final Supplier<Answer> source;
    private final long intervalNanos;
    private final ScheduledExecutorService executor;
    private long notBefore = System.nanoTime();
    private Set<Consumer<Answer>> waiting = new HashSet<>();
    private Set<Consumer<Answer>> served = new HashSet<>();

    /**
     * Creates it; nothing is asked of the source yet.
     *
     * @param name     of its thread
     * @param source   makes an answer, on that thread
     * @param interval from one start of the source to the next, at least
     */
    SharedAnswer(String name, Supplier<Answer> source, Duration interval) {
        this.source = source;
        intervalNanos = interval.toNanos();
        executor = Executors.newSingleThreadScheduledExecutor(
                Thread.ofVirtual().name(name).factory());
    }

    /**
     * Asks for an answer that is made after this call.
     *
     * @param asker given the answer, on the thread of this; told apart from others by identity
     * @return withdraws the question: nothing is kept of the asker then
     */
    synchronized Runnable ask(Consumer<Answer> asker) {
        if (waiting.isEmpty()) {
            executor.schedule(this::make, notBefore - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
        waiting.add(asker);
        return () -> forget(asker);
    }

    private synchronized void forget(Consumer<Answer> asker) {
        waiting.remove(asker);
        served.remove(asker);
    }

    private void make() {
        if (begin()) {
            Answer answer = source.get();
            end().forEach(asker -> asker.accept(answer));
        }
    }

    private synchronized boolean begin() {
        if (waiting.isEmpty()) {
            return false;
        }
        served = waiting;
        waiting = new HashSet<>();
        notBefore = System.nanoTime() + intervalNanos;
        return true;
    }

    private synchronized List<Consumer<Answer>> end() {
        List<Consumer<Answer>> askers = new ArrayList<>(served);
        served.clear();
        return askers;
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
