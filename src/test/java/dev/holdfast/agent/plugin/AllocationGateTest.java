package dev.holdfast.agent.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pci.GroupId;
import dev.holdfast.testbed.fixtures.Groups;
import dev.holdfast.testbed.fixtures.SettableClock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AllocationGateTest {
    private static final GroupId GPU = Groups.id("0000:03:00.0");

    private final SettableClock clock = new SettableClock();
    private final AllocationGate gate = new AllocationGate(clock::nanoTime);

    @BeforeEach
    void createGateOfAnEarlierStart() {
        clock.goOn(Duration.ofHours(1));
    }

    @Test
    void ignoresAnAnswerThatIsOlderThanAnAllocationForAnyDurationOfTheRound() {
        long asked = clock.nanoTime();
        clock.goOn(Duration.ofSeconds(1));
        assertThat(gate.allocate(List.of(GPU))).isEmpty();
        clock.goOn(Duration.ofHours(1));

        assertThat(gate.close(GPU, asked)).isFalse();
        assertThat(gate.close(GPU, clock.nanoTime())).isTrue();
    }

    @Test
    void acceptsAnAnswerOnceTheKubeletHasHadTimeToRecordAnAllocation() {
        assertThat(gate.allocate(List.of(GPU))).isEmpty();
        clock.goOn(AllocationGate.REPORT_DELAY.minusNanos(1));
        assertThat(gate.close(GPU, clock.nanoTime())).isFalse();

        clock.goOn(Duration.ofNanos(1));
        assertThat(gate.close(GPU, clock.nanoTime())).isTrue();
    }

    @Test
    void acceptsOnlyARecentAnswerAfterTheStart() {
        long asked = clock.nanoTime();
        AllocationGate next = new AllocationGate(clock::nanoTime);
        clock.goOn(AllocationGate.REPORT_DELAY);

        assertThat(next.close(GPU, asked)).isFalse();
        assertThat(next.close(GPU, clock.nanoTime())).isTrue();
    }

    @Test
    void toleratesAnOverflowOfNanoTime() {
        long[] now = {Long.MAX_VALUE};
        AllocationGate wrapping = new AllocationGate(() -> now[0]);
        now[0] += AllocationGate.REPORT_DELAY.toNanos();
        assertThat(wrapping.allocate(List.of(GPU))).isEmpty();

        assertThat(wrapping.close(GPU, now[0])).isFalse();
        assertThat(wrapping.close(Groups.id("0000:04:00.0"), now[0])).isTrue();
    }
}
