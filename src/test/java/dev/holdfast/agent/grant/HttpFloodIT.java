package dev.holdfast.agent.grant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.telemetry.http.ManyConnections;
import dev.holdfast.testbed.Build;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Packaged agent with the heap of its DaemonSet, while a peer opens requests at its port and completes none. */
class HttpFloodIT {
    private static final int MANY = 5_000;
    private static final long LIMIT_BYTES = 4L << 20;
    /** Memory limit of its DaemonSet. */
    private static final long MEMORY_LIMIT_KIB = 256 * 1024;

    @Test
    void grantsAndAnswersScrapesDuringAFlood() throws Exception {
        try (RealAgent agent = new RealAgent(
                        Build.here(), Path.of("target/http-flood-it").toAbsolutePath(), 1, Allocation.DevicePlugin);
                ManyConnections stranger = new ManyConnections(RealAgent.PORT);
                ExecutorService others = Executors.newSingleThreadExecutor();
                WaitingLauncher launcher = agent.launcher("vm", 0, LIMIT_BYTES)) {
            Future<?> flood = others.submit(() -> stranger.open(MANY, 1, ManyConnections.HALF_A_REQUEST));

            launcher.go();

            assertThat(launcher.wrong()).isEmpty();
            do {
                assertThat(agent.metric("holdfast_grants_total")).isEqualTo(1);
            } while (!flood.isDone());
            flood.get();
            assertThat(agent.metric("holdfast_grants_total")).isEqualTo(1);
            assertThat(agent.metric("holdfast_http_connections_aborted_total")).isGreaterThan(MANY / 2);
            assertThat(agent.residentKib()).isLessThan(MEMORY_LIMIT_KIB);
        }
    }
}
