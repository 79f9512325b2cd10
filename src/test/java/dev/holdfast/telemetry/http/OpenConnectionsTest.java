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
    void acceptsConnectionsWithinTheBounds() {
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
    void keepsAConnectionWithACompleteRequest() {
        Connection<String> scrape = open.add("prometheus", () -> {});
        scrape.markRequestReceived();
        Connection<String> idle = open.add("prometheus", () -> {});

        assertThat(open.excess(open.add("prometheus", () -> {}))).contains(idle);
    }

    @Test
    void endsTheOldestWhenAllHaveACompleteRequest() {
        Connection<String> oldest = open.add("guest", () -> {});
        oldest.markRequestReceived();
        open.add("guest", () -> {}).markRequestReceived();

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
    void doesNotCountEndedConnections() {
        Connection<String> ended = open.add("guest", () -> {});
        open.add("guest", () -> {});
        open.remove(ended);
        open.remove(ended);

        assertThat(open.excess(open.add("guest", () -> {}))).isEmpty();
    }

    /** With as many addresses as allowed connections, the only connection of an address is never ended. */
    @Test
    void holdsItsBoundsUnderAnySequenceOfConnections() {
        Random random = new Random(20_261_129);
        List<Connection<String>> alive = new ArrayList<>();
        Connection<String> kubelet = open.add("kubelet", () -> {});
        alive.add(kubelet);
        for (int i = 0; i < 10_000; i++) {
            Connection<String> added = open.add("guest-" + random.nextInt(3), () -> {});
            alive.add(added);
            if (random.nextBoolean()) {
                added.markRequestReceived();
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
