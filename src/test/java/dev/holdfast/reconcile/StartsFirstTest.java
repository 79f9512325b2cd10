package dev.holdfast.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The share of threads that VMs with a pod have. Calls within calls are at the same time. */
final class StartsFirstTest {
    private static final int THREADS = 8;

    private long waiting = THREADS;
    private final StartsFirst starts =
            new StartsFirst(THREADS, () -> LongStream.range(0, waiting).boxed());

    @Test
    void everyVmIsReconciledWhileThreadsAreFree() {
        assertThat(starts.areMany()).isFalse();
        assertThat(nested(THREADS)).isEqualTo(THREADS);
    }

    @Test
    void aQuarterOfTheThreadsIsForVmsWithAPodWhileManyWaitForOne() {
        waiting = THREADS + 1;

        assertThat(starts.areMany()).isTrue();
        assertThat(nested(THREADS)).isEqualTo(THREADS / 4);
        assertThat(nested(THREADS)).isEqualTo(THREADS / 4);
    }

    /** Returns how many of so many concurrent reconciliations are done. */
    private int nested(int count) {
        Optional<Integer> done = count == 0 ? Optional.of(0) : starts.follow(() -> 1 + nested(count - 1));
        return done.orElse(0);
    }
}
