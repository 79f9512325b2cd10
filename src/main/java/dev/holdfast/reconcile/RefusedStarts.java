package dev.holdfast.reconcile;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.lifecycle.StartRetry;
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
 * Limits how often refused pods are tried again: each VM after its own pause, and all VMs of a namespace together at a
 * steady rate, so that no namespace takes the API server or the operator's threads for itself. When a pod of the
 * namespace is accepted, the cause may be gone for the others: two of them are tried at once, and as long as that
 * succeeds two more for each. A first try of a spec is never held up. Thread-safe.
 */
final class RefusedStarts {
    /** Tries that a namespace may make at once after a quiet time. */
    static final int BURST = 10;

    /** From then on. */
    static final Duration INTERVAL = Duration.ofSeconds(1);

    private static final int WOKEN = 2;

    /** A VM that was not tried again for so long is gone, or no longer wants a pod. */
    private static final Duration FORGOTTEN = Duration.ofMinutes(10);

    /**
     * A VM and its next try.
     *
     * @param generation of the spec that was refused
     * @param admitted   the namespace's rate was taken into account
     */
    private record Try(long generation, Instant at, boolean admitted) {}

    private final Map<String, Namespace> namespaces = new HashMap<>();

    /** The time before which the VM's pod must not be tried; empty when it may be tried now. */
    synchronized Optional<Instant> pause(PassthroughVM vm, Instant now) {
        ResourceID id = ResourceID.fromResource(vm);
        if (vm.getStatus() == null || !StartRetry.isRefused(vm, vm.getStatus())) {
            forget(id);
            return Optional.empty();
        }
        Namespace namespace = namespaces.computeIfAbsent(vm.getMetadata().getNamespace(), name -> new Namespace());
        Try known = namespace.tries.get(id);
        Try next = known != null && known.generation() == generation(vm)
                ? known
                // Refused before this operator started.
                : new Try(generation(vm), now, false);
        if (!next.at().isAfter(now) && !next.admitted()) {
            next = new Try(next.generation(), namespace.admit(now), true);
        }
        if (next.at().isAfter(now)) {
            namespace.tries.put(id, next);
            return Optional.of(next.at());
        }
        namespace.tries.remove(id);
        return Optional.empty();
    }

    /** The pod was refused, and is to be tried again at this time. */
    synchronized void refused(PassthroughVM vm, Instant at, Instant now) {
        Namespace namespace = namespaces.computeIfAbsent(vm.getMetadata().getNamespace(), name -> new Namespace());
        namespace.tries.put(ResourceID.fromResource(vm), new Try(generation(vm), at, false));
        Instant old = now.minus(FORGOTTEN);
        namespaces
                .values()
                .forEach(each -> each.tries.values().removeIf(next -> next.at().isBefore(old)));
        namespaces.values().removeIf(each -> each.tries.isEmpty() && each.free.isBefore(now));
    }

    /** A pod of the VM was accepted: these others are to be tried now. */
    synchronized Set<ResourceID> accepted(PassthroughVM vm, Instant now) {
        forget(ResourceID.fromResource(vm));
        Namespace namespace = namespaces.get(vm.getMetadata().getNamespace());
        if (namespace == null) {
            return Set.of();
        }
        Set<ResourceID> woken = namespace.tries.entrySet().stream()
                .filter(each -> each.getValue().at().isAfter(now))
                .sorted(Comparator.comparing(each -> each.getValue().at()))
                .limit(WOKEN)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        woken.forEach(
                id -> namespace.tries.computeIfPresent(id, (same, next) -> new Try(next.generation(), now, true)));
        return woken;
    }

    private void forget(ResourceID id) {
        id.getNamespace().map(namespaces::get).ifPresent(namespace -> namespace.tries.remove(id));
    }

    private static long generation(PassthroughVM vm) {
        Long generation = vm.getMetadata().getGeneration();
        return generation == null ? 0 : generation;
    }

    /** The refused VMs of one, and when the next of them may be tried. */
    private static final class Namespace {
        private final Map<ResourceID, Try> tries = new HashMap<>();
        private Instant free = Instant.EPOCH;

        private Instant admit(Instant now) {
            Instant earliest = now.minus(INTERVAL.multipliedBy(BURST - 1L));
            Instant slot = free.isBefore(earliest) ? earliest : free;
            free = slot.plus(INTERVAL);
            return slot;
        }
    }
}
