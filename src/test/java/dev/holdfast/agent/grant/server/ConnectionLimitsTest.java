package dev.holdfast.agent.grant.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConnectionLimitsTest {
    private final ConnectionLimits slots = new ConnectionLimits(2, 1, 4);

    @Test
    void aPodAtItsBoundLeavesTheConnectionsOfOthers() {
        assertThat(slots.take(Optional.of("a"))).isPresent();
        assertThat(slots.take(Optional.of("a"))).isPresent();
        assertThat(slots.take(Optional.of("a"))).isEmpty();

        assertThat(slots.take(Optional.of("b"))).isPresent();
        assertThat(slots.take(Optional.empty())).isPresent();
        assertThat(slots.take(Optional.empty())).isEmpty();
    }

    @Test
    void neverExceedsTheTotalBound() {
        for (String pod : new String[] {"a", "b", "c", "d"}) {
            assertThat(slots.take(Optional.of(pod))).isPresent();
        }

        assertThat(slots.full(Optional.of("e"))).isTrue();
        assertThat(slots.take(Optional.of("e"))).isEmpty();
    }

    @Test
    void aReleasedConnectionCanBeTakenAgain() {
        Runnable giveBack = slots.take(Optional.of("a")).orElseThrow();
        assertThat(slots.take(Optional.of("a"))).isPresent();

        giveBack.run();

        assertThat(slots.take(Optional.of("a"))).isPresent();
        assertThat(slots.take(Optional.of("a"))).isEmpty();
    }
}
