package dev.holdfast.bench.scale;

import static dev.holdfast.testbed.Progress.eventually;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Users who create and delete VMs.
 *
 * @param prefix of the VMs' names
 */
public record Arrivals(Fleet fleet, String prefix) {
    /** Concurrent requests of a burst. */
    public static final int CLIENTS = 20;

    private static final long SECOND = 1_000_000_000;
    /** A wait is given up when no further VM has run for so long. */
    private static final long STILL = 120 * SECOND;

    /** Creates VMs at a constant rate. */
    public void inTurn(int count, int perSecond) {
        inTurn(0, count, perSecond);
    }

    /** Creates the VMs from one index to another, at a constant rate. */
    public void inTurn(int from, int to, int perSecond) {
        long start = System.nanoTime();
        for (int i = from; i < to; i++) {
            LockSupport.parkNanos(start + (i - from) * SECOND / perSecond - System.nanoTime());
            fleet.create(name(i));
        }
    }

    /** Creates VMs as fast as the API server lets them. */
    public void atOnce(int count) {
        inParallel(count, i -> fleet.create(name(i)));
    }

    /** Deletes VMs at once and waits until no pod is left. */
    public void deleteAll(int count) {
        inParallel(count, i -> fleet.delete(name(i)));
        eventually("every pod is gone").until(() -> fleet.pods() == 0);
    }

    /** Waits until so many VMs run, or until none has begun to run for two minutes; returns how many do. */
    public int awaitRunning(int count) throws InterruptedException {
        int seen = -1;
        long moved = System.nanoTime();
        while (seen < count && System.nanoTime() - moved < STILL) {
            int now = fleet.timeline().running();
            moved = now > seen ? System.nanoTime() : moved;
            seen = now;
            Thread.sleep(10);
        }
        return seen;
    }

    /** Runs an action for each index, in order, by {@link #CLIENTS} threads. Throws the first failure, after all have ended. */
    public static void inParallel(int count, IntConsumer action) {
        List<CompletableFuture<Void>> actions;
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            actions = IntStream.range(0, count)
                    .mapToObj(i -> CompletableFuture.runAsync(() -> action.accept(i), clients))
                    .toList();
        }
        actions.forEach(CompletableFuture::join);
    }

    private String name(int index) {
        return "%s-%05d".formatted(prefix, index);
    }
}
