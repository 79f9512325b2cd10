package dev.holdfast.agent.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.api.node.Grant;
import dev.holdfast.host.kernel.Pidfd;
import dev.holdfast.host.process.Procfs;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.testbed.fixtures.FakeCgroups;
import dev.holdfast.testbed.fixtures.Sleeper;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Grants of long ago, which are sampled once an hour: earlier events are reported by the kernel. */
class GrantMonitorTest {
    private static final Procfs PROC = new Procfs(Path.of("/proc"));

    @TempDir
    Path temp;

    private final BlockingQueue<List<Grant>> told = new LinkedBlockingQueue<>();
    private final SimpleMeterRegistry meterRegistry = new SimpleMeterRegistry();
    private final AtomicReference<GrantMonitor> woken = new AtomicReference<>();
    private GrantRegistry registry;
    private GrantMonitor watch;

    @BeforeEach
    void start() throws Exception {
        registry = new GrantRegistry(PROC, new FakeCgroups(temp).tree(), live -> {
            told.add(live);
            Objects.requireNonNull(woken.get()).wake();
        });
        watch = new GrantMonitor(
                registry,
                new LockedMemorySampler(
                        registry, PROC, new AgentMeters(meterRegistry), Clock.systemUTC(), Duration.ofHours(1)));
        woken.set(watch);
        watch.start();
    }

    @AfterEach
    void stop() {
        watch.close();
    }

    @Test
    void theKernelReportsTheEndOfAProcess() throws Exception {
        Sleeper first = new Sleeper();
        try (Sleeper second = new Sleeper()) {
            Grant gone = grant("a", first);
            Grant stays = grant("b", second);
            assertThat(next()).containsExactly(gone);
            assertThat(next()).containsExactly(gone, stays);
            await().until(() ->
                    meterRegistry.find("holdfast.vm.locked").gauges().size() == 1);

            first.end();

            assertThat(next()).containsExactly(stays);
            second.end();
            assertThat(next()).isEmpty();
            await().until(() ->
                    meterRegistry.find("holdfast.vm.locked").gauges().isEmpty());
        }
    }

    @Test
    void monitorsRestoredGrants() throws Exception {
        Sleeper process = new Sleeper();
        Grant left = GrantFixtures.grant(
                process.pid(), PROC.startTicks(process.pid()).orElseThrow());
        registry.restore(List.of(left));
        assertThat(next()).containsExactly(left);

        process.end();

        assertThat(next()).isEmpty();
    }

    private Grant grant(String podUid, Sleeper process) throws Exception {
        Grant grant = GrantFixtures.grant(
                podUid, process.pid(), PROC.startTicks(process.pid()).orElseThrow());
        try (Pidfd pidfd = Pidfd.open(process.pid())) {
            registry.add(grant, pidfd);
        }
        return grant;
    }

    private List<Grant> next() throws InterruptedException {
        List<Grant> live = told.poll(20, TimeUnit.SECONDS);
        assertThat(live).isNotNull();
        return live;
    }
}
