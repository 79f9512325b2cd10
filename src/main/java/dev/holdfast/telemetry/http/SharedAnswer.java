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
 * Answer that is computed once for all receivers that wait for it. At most one is computed at a time; receivers that
 * request an answer meanwhile share the next one. An answer is never older than its request, and none is computed
 * without a request. Thread-safe.
 */
final class SharedAnswer implements AutoCloseable {
    private final Supplier<Answer> source;
    private final long intervalNanos;
    private final ScheduledExecutorService executor;
    private long notBefore = System.nanoTime();
    private Set<Consumer<Answer>> waiting = new HashSet<>();
    private Set<Consumer<Answer>> served = new HashSet<>();

    /**
     * Creates the shared answer; nothing is computed yet.
     *
     * @param name     name of its thread
     * @param source   computes an answer, on that thread
     * @param interval minimum time from one start of the source to the next
     */
    SharedAnswer(String name, Supplier<Answer> source, Duration interval) {
        this.source = source;
        intervalNanos = interval.toNanos();
        executor = Executors.newSingleThreadScheduledExecutor(
                Thread.ofVirtual().name(name).factory());
    }

    /**
     * Requests an answer that is computed after this call.
     *
     * @param receiver receives the answer, on the thread of this object; receivers are compared by identity
     * @return cancels the request; the receiver is then no longer referenced
     */
    synchronized Runnable request(Consumer<Answer> receiver) {
        if (waiting.isEmpty()) {
            executor.schedule(this::make, notBefore - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
        waiting.add(receiver);
        return () -> forget(receiver);
    }

    private synchronized void forget(Consumer<Answer> receiver) {
        waiting.remove(receiver);
        served.remove(receiver);
    }

    private void make() {
        if (begin()) {
            Answer answer = source.get();
            end().forEach(receiver -> receiver.accept(answer));
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
        List<Consumer<Answer>> receivers = new ArrayList<>(served);
        served.clear();
        return receivers;
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
