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
    private static final GroupId OTHER = Groups.id("0000:04:00.0");

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
        assertThat(wrapping.close(OTHER, now[0])).isTrue();
    }

    @Test
    void keepsAGroupOfAClaimFromBinderAndDevicePluginUntilItIsReleased() {
        assertThat(gate.claim(List.of(GPU), clock.nanoTime())).isEmpty();
        clock.goOn(Duration.ofHours(1));

        assertThat(gate.close(GPU, clock.nanoTime())).isFalse();
        assertThat(gate.allocate(List.of(GPU)))
                .hasValue(GPU + " is prepared for a ResourceClaim; delete the pod, so that it is scheduled again");

        gate.release(List.of(GPU));
        assertThat(gate.allocate(List.of(GPU))).isEmpty();
    }

    @Test
    void refusesAClaimWhoseGroupTheDevicePluginMayHaveGivenAway() {
        assertThat(gate.allocate(List.of(GPU))).isEmpty();
        long asked = clock.nanoTime();
        clock.goOn(Duration.ofHours(1));

        assertThat(gate.claim(List.of(OTHER, GPU), asked))
                .hasValueSatisfying(message -> assertThat(message)
                        .startsWith(GPU + " was allocated by the device plugin within the last 10 s"));
        assertThat(gate.claim(List.of(OTHER, GPU), clock.nanoTime())).isEmpty();
    }

    @Test
    void refusesAClaimAsAWholeWhileADriverIsBeingChanged() {
        assertThat(gate.close(GPU, clock.nanoTime())).isTrue();

        assertThat(gate.claim(List.of(OTHER, GPU), clock.nanoTime()))
                .hasValueSatisfying(
                        message -> assertThat(message).startsWith("the driver of " + GPU + " is being changed"));
        assertThat(gate.close(OTHER, clock.nanoTime())).isTrue();
    }
}
