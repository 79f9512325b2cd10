package dev.holdfast.monitoring;

import dev.holdfast.agent.grant.decision.RefusalCode;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.telemetry.AgentMeters.DeviceKind;
import dev.holdfast.telemetry.JvmMeters;
import dev.holdfast.telemetry.VmMemory;
import dev.holdfast.telemetry.http.HealthServer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The metrics page of an agent, served as the agent does. Its node has each fault that a meter can show. */
final class AgentPage implements AutoCloseable {
    private static final long GIB = 1L << 30;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final HealthServer server;

    private final AgentMeters meters = new AgentMeters(registry);

    private AgentPage() throws IOException {
        server = new HealthServer(0, Optional::empty, registry::scrape, registry);
        JvmMeters.bindTo(registry);
        meters.countRefusals(
                Stream.of(RefusalCode.values()).map(RefusalCode::code).toList());
    }

    static AgentPage start() throws IOException {
        AgentPage page = startIdle();
        page.count();
        page.set();
        return page;
    }

    /** Starts one that has counted nothing yet. */
    static AgentPage startIdle() throws IOException {
        return new AgentPage();
    }

    /** Returns the page as a scrape gets it. */
    String text() {
        return registry.scrape();
    }

    /** Counts one of each event. */
    void count() {
        meters.granted(Duration.ofMillis(3));
        meters.waited(Duration.ofMillis(1));
        meters.refused("OutsideAnyPod", Duration.ofMillis(2));
        meters.registered("gpu", true);
        meters.driverRegistered(false);
        meters.slices().written("create");
        meters.claimPrepared("prepared", Duration.ofMillis(20));
        meters.claimUnprepared(false);
        meters.bind("Failed", Duration.ofMillis(300));
        meters.scanned(Duration.ofMillis(12));
        meters.uevent(true);
        meters.busChangeReported(Duration.ofMillis(80));
        meters.undecodable("classes");
        meters.watchFellBack("nodes");
    }

    private void set() {
        meters.pluginsRegistered(Map.of("gpu", false, "nic", true));
        meters.slices().published(2);
        meters.nodeReported(Instant.now().minus(Duration.ofHours(2)));
        meters.devices(
                Map.of(
                        new DeviceKind("gpu", "Free"), 2,
                        new DeviceKind("gpu", "Allocated"), 4,
                        new DeviceKind("gpu", "Quarantined"), 1,
                        new DeviceKind("gpu", "Missing"), 1,
                        new DeviceKind("gpu", "NotViable"), 1,
                        new DeviceKind("", "NotViable"), 3),
                4,
                2);
        meters.vms(List.of(
                new VmMemory("lab", "low", 64 * GIB, 64 * GIB, 0, 64 * GIB, 64 * GIB + 4096, 1L << 19),
                new VmMemory("lab", "ample", 16 * GIB, 16 * GIB, 0, 16 * GIB, 16 * GIB + (1L << 20), 1L << 19),
                new VmMemory("lab", "unlimited", 8 * GIB, 8 * GIB, 0, 8 * GIB, -1, null)));
    }

    int port() {
        return server.port();
    }

    @Override
    public void close() {
        server.close();
    }
}
