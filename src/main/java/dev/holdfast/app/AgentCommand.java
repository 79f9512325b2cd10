package dev.holdfast.app;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.InClusterConfig;
import dev.holdfast.telemetry.JvmMeters;
import dev.holdfast.telemetry.http.HealthServer;
import dev.holdfast.text.LogKeys;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast agent}: offers this node's devices and grants limits until a SIGTERM. */
@Command(
        name = "agent",
        description = "Offers a node's devices to the kubelet, grants memlock limits, and reports the node.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class AgentCommand implements Callable<Integer> {
    private static final int MAX_SAMPLE_INTERVAL = 3600;
    private static final Logger log = LoggerFactory.getLogger(AgentCommand.class);

    @Option(
            names = "--node",
            required = true,
            paramLabel = "NAME",
            defaultValue = "${env:NODE_NAME}",
            description = "Name of this host's Node object. Default: $NODE_NAME.")
    private String node = "";

    @Option(
            names = "--allow-emulation",
            description = "Offer devices even without a usable /dev/kvm. For tests and demos.")
    private boolean allowEmulation;

    @Option(
            names = "--sample-interval",
            paramLabel = "SECONDS",
            defaultValue = "15",
            description = "Interval at which the locked memory of a VM is read, 1 to 3600; in its first minute it is"
                    + " read every second. Default: ${DEFAULT-VALUE}.")
    private int sampleInterval;

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private HttpOptions http = new HttpOptions();

    @Mixin
    private AgentPaths paths = new AgentPaths();

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (sampleInterval < 1 || sampleInterval > MAX_SAMPLE_INTERVAL) {
            Objects.requireNonNull(spec)
                    .commandLine()
                    .getErr()
                    .println(
                            "holdfast agent: --sample-interval is %d, must be a number of seconds from 1 to %d; 15 is the default"
                                    .formatted(sampleInterval, MAX_SAMPLE_INTERVAL));
            return Holdfast.UNUSABLE_INPUT;
        }
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        JvmMeters.bindTo(meters);
        CountDownLatch stopped = new CountDownLatch(1);
        ApiClient server = new ApiClient(InClusterConfig.of(System.getenv()));
        AgentService service = new AgentService(
                server, node, allowEmulation, paths, Duration.ofSeconds(sampleInterval), meters, Clock.systemUTC());
        HealthServer health = new HealthServer(http.port, service::notReady, meters::scrape, meters);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            log.info("stopping");
                            service.close();
                            health.close();
                            server.close();
                            stopped.countDown();
                        },
                        "stop"));
        service.start();
        log.atInfo()
                .addKeyValue(LogKeys.VERSION, Version.current())
                .addKeyValue(LogKeys.NODE, node)
                .addKeyValue(LogKeys.HTTP_PORT, health.port())
                .addKeyValue(LogKeys.ALLOW_EMULATION, allowEmulation)
                .log("agent started");
        stopped.await();
        return 0;
    }
}
