package dev.holdfast.agent.bind;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.BindResult;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.testbed.fixtures.Groups;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class BindAttemptsTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final BindAction ACTION = action("nouveau");
    private static final GroupId GROUP = ACTION.groupId();

    private final BindAttempts attempts = new BindAttempts();

    @Test
    void doublesThePauseAfterEachFailureUpToFiveMinutes() {
        Instant now = NOON;
        for (int seconds : new int[] {10, 20, 40, 80, 160, 300, 300}) {
            assertThat(attempts.due(ACTION, now)).isTrue();
            attempts.ended(GROUP, BindResult.Failed, now);
            assertThat(attempts.next()).contains(now.plusSeconds(seconds));
            assertThat(attempts.due(ACTION, now.plusSeconds(seconds - 1))).isFalse();
            now = now.plusSeconds(seconds);
        }
    }

    @Test
    void checksEveryTenSecondsWhetherADeviceIsStillInUse() {
        for (int i = 0; i < 5; i++) {
            attempts.ended(GROUP, BindResult.InUse, NOON);
            assertThat(attempts.next()).contains(NOON.plusSeconds(10));
        }
    }

    @Test
    void startsAgainWhenTheFactsHaveChanged() {
        attempts.ended(GROUP, BindResult.Failed, NOON);
        attempts.ended(GROUP, BindResult.Failed, NOON);
        assertThat(attempts.due(ACTION, NOON))
                .as("the facts that the attempt left")
                .isFalse();

        assertThat(attempts.due(action("nvidia"), NOON)).isTrue();

        attempts.ended(GROUP, BindResult.Failed, NOON);
        assertThat(attempts.next()).contains(NOON.plus(BindAttempts.BACKOFF.first()));
    }

    @Test
    void doesNotCountItsOwnChangesAsNewFacts() {
        assertThat(attempts.due(ACTION, NOON)).isTrue();
        attempts.ended(GROUP, BindResult.Failed, NOON);

        assertThat(attempts.due(action("none"), NOON)).isFalse();
        assertThat(attempts.due(action("none"), NOON.plus(Duration.ofSeconds(9))))
                .isFalse();
    }

    @Test
    void forgetsSucceededAndObsoleteActions() {
        attempts.ended(GROUP, BindResult.Failed, NOON);
        attempts.keep(List.of());
        assertThat(attempts.next()).isEmpty();

        attempts.ended(GROUP, BindResult.Failed, NOON);
        attempts.ended(GROUP, BindResult.Bound, NOON);
        assertThat(attempts.due(ACTION, NOON)).isTrue();
    }

    private static BindAction action(String driver) {
        return new BindAction.Restore(new BoundGroup(
                Groups.id("0000:03:00.0"),
                "gpu",
                List.of(new FormerDriver(PciAddress.parse("0000:03:00.0"), driver, null)),
                NOON));
    }
}
