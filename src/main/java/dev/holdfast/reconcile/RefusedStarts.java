package dev.holdfast.reconcile;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.lifecycle.RefusedPodRetry;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Limits retries of refused pods: each VM after its own pause, and all VMs of a namespace together at a fixed rate, so that
 * no namespace monopolizes the API server or the operator's threads. When a pod of the namespace is accepted, the obstacle may
 * have ended for the others too: two of them are retried at once, and two more for each success. The first attempt with a
 * spec is never delayed. Thread-safe.
 */
final class RefusedStarts {
    /** Number of retries that a namespace may make at once after a period without any. */
    static final int BURST = 10;

    /** Interval of further retries of a namespace. */
    static final Duration INTERVAL = Duration.ofSeconds(1);

    private static final int RETRIED_PER_SUCCESS = 2;

    /** Age after which an entry is dropped: the VM was deleted, or no longer needs a pod. */
    private static final Duration MAX_AGE = Duration.ofMinutes(10);

    /**
     * The next attempt for a VM.
     *
     * @param generation generation of the refused spec
     * @param admitted   whether the namespace's rate was applied
     */
    private record Attempt(long generation, Instant at, boolean admitted) {}

    private final Map<String, Namespace> namespaces = new HashMap<>();

    /** Returns the time before which the VM's pod must not be created; empty when it may be created now. */
    synchronized Optional<Instant> pause(PassthroughVM vm, Instant now) {
        ResourceID id = ResourceID.fromResource(vm);
        if (vm.getStatus() == null || !RefusedPodRetry.isRefused(vm, vm.getStatus())) {
            forget(id);
            return Optional.empty();
        }
        Namespace namespace = namespaces.computeIfAbsent(vm.getMetadata().getNamespace(), name -> new Namespace());
        Attempt known = namespace.attempts.get(id);
        Attempt next = known != null && known.generation() == generation(vm)
                ? known
                // The pod was refused before this operator started.
                : new Attempt(generation(vm), now, false);
        if (!next.at().isAfter(now) && !next.admitted()) {
            next = new Attempt(next.generation(), namespace.admit(now), true);
        }
        if (next.at().isAfter(now)) {
            namespace.attempts.put(id, next);
            return Optional.of(next.at());
        }
        namespace.attempts.remove(id);
        return Optional.empty();
    }

    /** Records that the pod was refused, and the time of the next attempt. */
    synchronized void refused(PassthroughVM vm, Instant at, Instant now) {
        Namespace namespace = namespaces.computeIfAbsent(vm.getMetadata().getNamespace(), name -> new Namespace());
        namespace.attempts.put(ResourceID.fromResource(vm), new Attempt(generation(vm), at, false));
        Instant old = now.minus(MAX_AGE);
        namespaces
                .values()
                .forEach(each ->
                        each.attempts.values().removeIf(next -> next.at().isBefore(old)));
        namespaces.values().removeIf(each -> each.attempts.isEmpty() && each.free.isBefore(now));
    }

    /** Records that a pod of the VM was accepted. Returns other VMs to retry now. */
    synchronized Set<ResourceID> accepted(PassthroughVM vm, Instant now) {
        forget(ResourceID.fromResource(vm));
        Namespace namespace = namespaces.get(vm.getMetadata().getNamespace());
        if (namespace == null) {
            return Set.of();
        }
        Set<ResourceID> retried = namespace.attempts.entrySet().stream()
                .filter(each -> each.getValue().at().isAfter(now))
                .sorted(Comparator.comparing(each -> each.getValue().at()))
                .limit(RETRIED_PER_SUCCESS)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        retried.forEach(id ->
                namespace.attempts.computeIfPresent(id, (same, next) -> new Attempt(next.generation(), now, true)));
        return retried;
    }

    private void forget(ResourceID id) {
        id.getNamespace().map(namespaces::get).ifPresent(namespace -> namespace.attempts.remove(id));
    }

    private static long generation(PassthroughVM vm) {
        Long generation = vm.getMetadata().getGeneration();
        return generation == null ? 0 : generation;
    }

    /** The refused VMs of a namespace, and the time from which the next of them may be retried. */
    private static final class Namespace {
        private final Map<ResourceID, Attempt> attempts = new HashMap<>();
        private Instant free = Instant.EPOCH;

        private Instant admit(Instant now) {
            Instant earliest = now.minus(INTERVAL.multipliedBy(BURST - 1L));
            Instant admittedAt = free.isBefore(earliest) ? earliest : free;
            free = admittedAt.plus(INTERVAL);
            return admittedAt;
        }
    }
}
