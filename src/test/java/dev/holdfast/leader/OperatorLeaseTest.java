package dev.holdfast.leader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import dev.holdfast.testbed.apiserver.MockApiServer;
import dev.holdfast.testbed.fixtures.SettableClock;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Slow
class OperatorLeaseTest {
    private static final Duration LEASE = Duration.ofSeconds(15);

    private final MockApiServer server = MockApiServer.start();
    private final KubernetesClient client = server.client();
    private final SettableClock wall = new SettableClock();
    private final SettableClock uptime = new SettableClock();
    private final OperatorLease lease = new OperatorLease(LeaseHolder.NAMESPACE, "a", wall, uptime::nanoTime);

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-30M", "PT0S", "PT30M"})
    void isAsOldAsTheTimeSinceItsRenewalThoughTheClockIsSet(Duration jump) {
        new LeaseHolder(client).taken("another", LEASE, Duration.ZERO);
        assertThat(renewed()).isEqualTo(wall.instant());

        wall.goOn(jump);
        uptime.goOn(Duration.ofSeconds(5));

        assertThat(renewed()).isEqualTo(wall.instant().minusSeconds(5));
    }

    private Instant renewed() {
        return Objects.requireNonNull(lease.get(client)).getRenewTime().toInstant();
    }
}
