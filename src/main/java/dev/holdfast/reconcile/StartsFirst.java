package dev.holdfast.reconcile;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Lets VMs without a pod go first when many arrive at once: a pod is what takes long to start, and statuses of the first VMs would
 * take most of the requests. While more VMs wait for their first pod than there are threads, only a quarter of the threads
 * reconciles VMs that have a pod. Thread-safe.
 */
final class StartsFirst {
    /** Time after which a VM with a pod is reconciled again. */
    static final Duration LATER = Duration.ofSeconds(1);

    private final int threads;
    private final Supplier<? extends Stream<?>> waiting;
    private final AtomicInteger following = new AtomicInteger();

    /**
     * @param threads concurrent reconciliations
     * @param waiting VMs that wait for their first pod; no more of them are read than there are threads
     */
    StartsFirst(int threads, Supplier<? extends Stream<?>> waiting) {
        this.threads = threads;
        this.waiting = waiting;
    }

    /** Returns whether VMs wait for their first pod that no thread is free for. */
    boolean areMany() {
        return waiting.get().skip(threads).findAny().isPresent();
    }

    /** Reconciles a VM with a pod. Returns empty, without doing so, when this must be done later. */
    <R> Optional<R> follow(Supplier<R> reconciliation) {
        try {
            return following.incrementAndGet() > threads / 4 && areMany()
                    ? Optional.empty()
                    : Optional.of(reconciliation.get());
        } finally {
            following.decrementAndGet();
        }
    }
}
