package dev.holdfast.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Retries of many refused pods. */
final class RefusedStartsTest {
    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private final RefusedStarts starts = new RefusedStarts();

    @Test
    void aFirstAttemptIsNeverDelayed() {
        for (int i = 0; i < 1000; i++) {
            assertThat(starts.pause(vm("a", "vm-" + i, 1, null), NOW)).isEmpty();
        }
    }

    @Test
    void aVmWaitsForItsPauseAfterAnyEvent() {
        PassthroughVM vm = vm("a", "vm", 1, 1L);
        starts.refused(vm, NOW.plusSeconds(40), NOW);

        assertThat(starts.pause(vm, NOW.plusSeconds(39))).contains(NOW.plusSeconds(40));
        assertThat(starts.pause(vm, NOW.plusSeconds(40))).isEmpty();
    }

    @Test
    void anotherSpecIsAttemptedAtOnce() {
        starts.refused(vm("a", "vm", 1, 1L), NOW.plus(LONGEST), NOW);

        assertThat(starts.pause(vm("a", "vm", 2, 1L), NOW)).isEmpty();
    }

    /** An operator finds a thousand refused VMs at its start, and retries for an hour. */
    @Test
    void aNamespaceIsRetriedAtAFixedRateAndEachOfItsVmsInTurn() {
        List<PassthroughVM> vms = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            vms.add(vm("a", "vm-" + i, 1, 1L));
        }
        Map<PassthroughVM, Integer> tries = simulate(vms, Duration.ofHours(1));

        int all = tries.values().stream().mapToInt(Integer::intValue).sum();
        assertThat(all).isBetween(3500, 3600 + RefusedStarts.BURST);
        assertThat(tries.values()).allSatisfy(one -> assertThat(one).isBetween(3, 4));
    }

    @Test
    void aFewVmsKeepTheirOwnPauses() {
        List<PassthroughVM> vms = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            vms.add(vm("a", "vm-" + i, 1, 1L));
        }

        assertThat(simulate(vms, Duration.ofHours(1)).values())
                .allSatisfy(one -> assertThat(one).isBetween(11, 13));
    }

    @Test
    void namespacesDoNotWaitForEachOther() {
        for (int i = 0; i < 1000; i++) {
            starts.pause(vm("a", "vm-" + i, 1, 1L), NOW);
        }

        assertThat(starts.pause(vm("a", "one-more", 1, 1L), NOW)).isPresent();
        assertThat(starts.pause(vm("b", "vm", 1, 1L), NOW)).isEmpty();
    }

    @Test
    void eachAcceptedPodCausesTwoRetriesUntilAllAreStarted() {
        Map<ResourceID, PassthroughVM> waiting = new HashMap<>();
        for (int i = 0; i < 1000; i++) {
            PassthroughVM vm = vm("a", "vm-" + i, 1, 1L);
            starts.refused(vm, NOW.plus(LONGEST), NOW);
            waiting.put(ResourceID.fromResource(vm), vm);
        }
        Queue<PassthroughVM> woken = new ArrayDeque<>(List.of(vm("a", "first", 1, null)));
        while (!woken.isEmpty()) {
            PassthroughVM vm = woken.remove();
            assertThat(starts.pause(vm, NOW)).isEmpty();
            starts.accepted(vm, NOW)
                    .forEach(id ->
                            woken.add(Optional.ofNullable(waiting.remove(id)).orElseThrow()));
        }

        assertThat(waiting).isEmpty();
    }

    @Test
    void entriesOfDeletedVmsAreDropped() {
        starts.refused(vm("a", "gone", 1, 1L), NOW, NOW);
        starts.refused(vm("b", "vm", 1, 1L), NOW.plusSeconds(3600), NOW.plusSeconds(3600));

        assertThat(starts.accepted(vm("a", "other", 1, 1L), NOW.minusSeconds(1)))
                .isEmpty();
    }

    /** Returns the number of attempts for each VM; each attempt is refused, followed by the longest pause. */
    private Map<PassthroughVM, Integer> simulate(List<PassthroughVM> vms, Duration length) {
        Map<PassthroughVM, Integer> tries = new HashMap<>();
        Map<PassthroughVM, Instant> next = new HashMap<>();
        vms.forEach(vm -> next.put(vm, NOW));
        for (Instant now = NOW; now.isBefore(NOW.plus(length)); now = now.plusSeconds(1)) {
            for (PassthroughVM vm : vms) {
                if (Objects.requireNonNull(next.get(vm)).isAfter(now)) {
                    continue;
                }
                Optional<Instant> pause = starts.pause(vm, now);
                if (pause.isEmpty()) {
                    tries.merge(vm, 1, Integer::sum);
                    starts.refused(vm, now.plus(LONGEST), now);
                }
                next.put(vm, pause.orElse(now.plus(LONGEST)));
            }
        }
        return tries;
    }

    /** Returns a VM that was refused in the given generation; null for none. */
    private static PassthroughVM vm(String namespace, String name, long generation, @Nullable Long refused) {
        PassthroughVM vm = new PassthroughVM();
        vm.setMetadata(new ObjectMetaBuilder()
                .withNamespace(namespace)
                .withName(name)
                .withGeneration(generation)
                .build());
        if (refused != null) {
            vm.setStatus(PassthroughVMStatus.none()
                    .withConditions(List.of(new ConditionBuilder()
                            .withType("StartPossible")
                            .withStatus("False")
                            .withObservedGeneration(refused)
                            .build())));
        }
        return vm;
    }
}
