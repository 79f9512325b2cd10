package dev.holdfast.telemetry.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.telemetry.http.OpenConnections.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class OpenConnectionsTest {
    private final OpenConnections<String> open = new OpenConnections<>(2, 4);

    @Test
    void letsEveryoneInWhileThereIsRoom() {
        Connection<String> first = open.add("guest", () -> {});
        Connection<String> second = open.add("guest", () -> {});

        assertThat(open.excess(first)).isEmpty();
        assertThat(open.excess(second)).isEmpty();
    }

    @Test
    void endsTheOldestOfAnAddressThatHasTooMany() {
        open.add("kubelet", () -> {});
        Connection<String> oldest = open.add("guest", () -> {});
        open.add("guest", () -> {});

        assertThat(open.excess(open.add("guest", () -> {}))).contains(oldest);
    }

    @Test
    void sparesOneThatHasAsked() {
        Connection<String> scrape = open.add("prometheus", () -> {});
        scrape.asked();
        Connection<String> silent = open.add("prometheus", () -> {});

        assertThat(open.excess(open.add("prometheus", () -> {}))).contains(silent);
    }

    @Test
    void endsTheOldestWhenAllHaveAsked() {
        Connection<String> oldest = open.add("guest", () -> {});
        oldest.asked();
        open.add("guest", () -> {}).asked();

        assertThat(open.excess(open.add("guest", () -> {}))).contains(oldest);
    }

    @Test
    void endsOneOfTheAddressWithMostWhenThereAreTooManyInAll() {
        open.add("kubelet", () -> {});
        open.add("prometheus", () -> {});
        Connection<String> guests = open.add("guest", () -> {});
        open.add("guest", () -> {});

        assertThat(open.excess(open.add("another", () -> {}))).contains(guests);
    }

    @Test
    void forgetsWhatHasEnded() {
        Connection<String> ended = open.add("guest", () -> {});
        open.add("guest", () -> {});
        open.remove(ended);
        open.remove(ended);

        assertThat(open.excess(open.add("guest", () -> {}))).isEmpty();
    }

    /** With as many addresses as places nobody is left with the only connection of its address. */
    @Test
    void holdsItsBoundsWhateverComes() {
        Random random = new Random(20_261_129);
        List<Connection<String>> alive = new ArrayList<>();
        Connection<String> kubelet = open.add("kubelet", () -> {});
        alive.add(kubelet);
        for (int i = 0; i < 10_000; i++) {
            Connection<String> added = open.add("guest-" + random.nextInt(3), () -> {});
            alive.add(added);
            if (random.nextBoolean()) {
                added.asked();
            }
            open.excess(added).ifPresent(excess -> {
                assertThat(excess).isNotSameAs(added).isNotSameAs(kubelet).isIn(alive);
                open.remove(excess);
                alive.remove(excess);
            });
            assertThat(alive).hasSizeLessThanOrEqualTo(4);
        }
    }
}
